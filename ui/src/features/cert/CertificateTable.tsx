import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { lazy, Suspense } from 'react'
import { useTranslation } from 'react-i18next'
import { pages, queries } from '../../api/queries'
import { useMe } from '../../app/session'
import { useUrl } from '../../app/url'
import { type Column, DataTable } from '../../components/DataTable'
import { Filter, usePaging } from '../../components/Page'
import { RowMenu } from '../../components/RowMenu'
import { EmptyState } from '../../components/States'
import { StatusBadge, statusWords } from '../../components/StatusBadge'
import { Time } from '../../components/Time'
import { certificateActs, pickCertificate } from '../../lists/acts'
import { BulkBar } from '../../lists/BulkBar'
import {
  ConditionFilter,
  isNarrowed,
  ListTools,
  narrowed,
  OrganisationFilter,
  ShowAll,
  SuspendedFilter,
} from '../../lists/ListTools'
import { useSelection } from '../../lists/selection'
import { CertificateFacts } from './CertificateFacts'
import { actsOf, type CertificateAct, CertificateMenu, certificateAct } from './CertificateMenu'
import { type Certificate, factsOf, sourceWords, titleOf } from './words'

const CertificateDialog = lazy(() =>
  import('./CertificateActions').then((file) => ({ default: file.CertificateDialog })),
)

const SIZE = 50

function useColumns(
  account: string | undefined,
  onAct: (act: CertificateAct, certificate: Certificate) => void,
): Column<Certificate>[] {
  const { t } = useTranslation()
  const of: Column<Certificate> = {
    key: 'account',
    label: t('sites.account'),
    sort: 'account',
    narrow: 'fact',
    csv: (certificate) => certificate.account,
    cell: (certificate) => (
      <Link className="cell-link" to="/accounts/$account" params={{ account: certificate.account }}>
        {certificate.account}
      </Link>
    ),
  }
  return [
    {
      key: 'names',
      label: t('certificates.names'),
      sort: 'name',
      narrow: 'name',
      csv: (certificate) => certificate.names.join(' '),
      cell: (certificate) => (
        <Link className="cell-link" to="/certificates/$certificate" params={{ certificate: certificate.id }}>
          {titleOf(certificate)}
        </Link>
      ),
    },
    {
      key: 'status',
      label: t('table.status'),
      narrow: 'side',
      csv: (certificate) => [statusWords(certificate), ...factsOf(certificate).map(({ words }) => words)].join(', '),
      cell: (certificate) => (
        <span style={{ display: 'inline-flex', gap: 6, flexWrap: 'wrap' }}>
          <StatusBadge object={certificate} />
          <CertificateFacts certificate={certificate} />
        </span>
      ),
    },
    ...(account ? [] : [of]),
    {
      key: 'source',
      label: t('certificates.from'),
      csv: sourceWords,
      cell: sourceWords,
    },
    {
      key: 'sites',
      label: t('certificates.shownBy'),
      csv: (certificate) => certificate.sites.map(({ name }) => name).join(' '),
      cell: (certificate) => {
        const [first, ...rest] = certificate.sites
        if (!first) return t('table.none')
        if (rest.length) return t('sites.count', { count: rest.length + 1 })
        return (
          <Link className="cell-link" to="/sites/$site" params={{ site: first.name }} search={{ tab: 'https' }}>
            {first.name}
          </Link>
        )
      },
    },
    {
      key: 'ends',
      label: t('certificates.end'),
      sort: 'expires',
      narrow: 'fact',
      csv: (certificate) => certificate.not_after ?? '',
      cell: (certificate) => <Time at={certificate.not_after} none={t('certificates.noEnd')} />,
    },
    {
      key: 'created',
      label: t('table.created'),
      sort: 'created',
      csv: (certificate) => certificate.created_at,
      cell: (certificate) => <Time at={certificate.created_at} />,
    },
    {
      key: 'menu',
      label: t('table.actions'),
      hidden: true,
      cell: (certificate) => (
        <RowMenu label={t('table.actionsOf', { name: titleOf(certificate) })}>
          {() => <CertificateMenu certificate={certificate} onAct={(act) => onAct(act, certificate)} />}
        </RowMenu>
      ),
    },
  ]
}

/** The certificates that the caller may see, or those of one account, or of an organisation and those below it. */
export function CertificateTable({
  account,
  organisation,
  isWhole,
}: {
  account?: string
  organisation?: string
  isWhole?: boolean
}) {
  const { t } = useTranslation()
  const { may } = useMe()
  const [url, setUrl] = useUrl()
  const { cursor, open, on, fresh } = url
  const { package: _, ...own } = narrowed(url)
  const query = { ...own, account, organisation: account ? undefined : (own.organisation ?? organisation) }
  const list = useQuery({
    ...queries.certificates({ ...query, cursor, limit: SIZE, total: true }),
    placeholderData: keepPreviousData,
  })
  const rows = list.data?.items
  const total = list.data?.total
  const paging = usePaging(list.data?.next_cursor)
  const onAct = (act: CertificateAct, certificate: Certificate) => setUrl({ open: act, on: certificate.id })
  const columns = useColumns(account, onAct)
  const { sort: __, ...about } = query
  const selection = useSelection(rows, pickCertificate, JSON.stringify(about))
  const acts = certificateActs(t).filter((act) => may(act.operation))
  const read = (cursor: string | undefined, limit: number) => pages.certificates({ ...query, cursor, limit })
  const act = on ? certificateAct(open) : undefined
  const acted = useQuery({ ...queries.certificate(on ?? ''), enabled: !!act })
  return (
    <>
      <ListTools<Certificate> name="certificates" columns={columns} read={read} total={total}>
        <Filter label={t('certificates.filter')} />
        <ConditionFilter />
        <SuspendedFilter />
        {isWhole && !account && may('GET /api/v1/organisations') && <OrganisationFilter />}
        {isNarrowed(url) && <ShowAll />}
      </ListTools>
      <BulkBar<Certificate> selection={selection} acts={acts} shown={rows?.length ?? 0} total={total} read={read} />
      <DataTable<Certificate>
        label={t('nav.certificates')}
        rows={rows}
        rowKey={(certificate) => certificate.id}
        rowName={titleOf}
        error={list.error}
        onRetry={() => void list.refetch()}
        fresh={fresh}
        paging={paging}
        total={total}
        size={SIZE}
        sorted="name"
        selection={acts.length ? selection : undefined}
        keys={{
          remove: (certificate) => {
            if (actsOf(certificate, may).includes('delete')) onAct('delete', certificate)
          },
        }}
        empty={
          isNarrowed(url) ? (
            <EmptyState title={url.q ? t('table.nothing', { q: url.q }) : t('list.nothing')} action={<ShowAll />} />
          ) : (
            <EmptyState title={t('certificates.empty')}>{t('certificates.emptyHelp')}</EmptyState>
          )
        }
        columns={columns}
      />
      <Suspense>
        {act && acted.data && (
          <CertificateDialog
            act={act}
            certificate={acted.data}
            onClose={() => setUrl({ open: undefined, on: undefined })}
          />
        )}
      </Suspense>
    </>
  )
}
