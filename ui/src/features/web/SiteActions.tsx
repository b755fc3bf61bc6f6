import { change } from '../../api/change'
import type { Schemas } from '../../api/problem'
import { ConfirmChange } from '../../components/ConfirmChange'
import { DoChange } from '../../components/DoChange'
import { HttpsForm } from './https/HttpsForm'
import { EditSite } from './SiteForms'
import type { SiteAct } from './SiteMenu'

type Site = Schemas['Site']
/** The dialog of an action. */
export function SiteDialog({
  act,
  site,
  onClose,
  onDeleted,
}: {
  act: SiteAct
  site: Site
  onClose: () => void
  onDeleted?: () => void
}) {
  const path = { site: site.id }
  const generation = site.generation
  const { name } = site
  switch (act) {
    case 'edit':
      return <EditSite site={site} onClose={onClose} />
    case 'https':
      return <HttpsForm site={site} onClose={onClose} />
    case 'suspend':
      return (
        <ConfirmChange
          op="site_suspend"
          name={name}
          change={change('post', '/api/v1/sites/{site}/suspend', { path, generation })}
          onClose={onClose}
        />
      )
    case 'unsuspend':
      return (
        <DoChange
          words="site_unsuspend"
          name={name}
          change={change('post', '/api/v1/sites/{site}/unsuspend', { path, generation })}
          onClose={onClose}
        />
      )
    case 'disable':
      return (
        <ConfirmChange
          op="site_disable"
          name={name}
          change={change('post', '/api/v1/sites/{site}/disable', { path, generation })}
          onClose={onClose}
        />
      )
    case 'enable':
      return (
        <DoChange
          words="site_enable"
          name={name}
          change={change('post', '/api/v1/sites/{site}/enable', { path, generation })}
          onClose={onClose}
        />
      )
    case 'approve':
      return (
        <DoChange
          words="site_approve"
          name={name}
          change={change('post', '/api/v1/sites/{site}/approve', { path, generation })}
          onClose={onClose}
        />
      )
    case 'retry':
      return (
        <DoChange
          words="site_retry"
          name={name}
          change={change('post', '/api/v1/sites/{site}/retry', { path })}
          onClose={onClose}
        />
      )
    case 'delete':
      return (
        <ConfirmChange
          op="site_delete"
          name={name}
          change={change('delete', '/api/v1/sites/{site}', { path })}
          onClose={onClose}
          onDone={onDeleted}
        />
      )
  }
}
