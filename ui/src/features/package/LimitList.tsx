import { useTranslation } from 'react-i18next'
import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { amountWords } from './Amounts'

/** What may be had and how much of it is used; what is at its limit is marked by more than colour. */
export function LimitList({
  limits,
  features,
}: {
  limits: Schemas['LimitView'][]
  features: Schemas['FeatureView'][]
}) {
  const { t } = useTranslation()
  const unlimited = t('plan.unlimited')
  return (
    <div className="table-box">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t('limits.limit')}</th>
            <th scope="col" className="num">
              {t('limits.used')}
            </th>
            <th scope="col" className="num">
              {t('limits.most')}
            </th>
            <th scope="col">{t('limits.from')}</th>
          </tr>
        </thead>
        <tbody>
          {limits.map((limit) => {
            const most = typeof limit.most === 'number' ? limit.most : undefined
            const part = most !== undefined && limit.used != null ? limit.used / Math.max(most, 1) : undefined
            return (
              <tr key={limit.name} className="row">
                <td>{said(`limit.${limit.name}`) ?? limit.name}</td>
                <td className="num">
                  {limit.used == null ? '' : amountWords(limit.used, limit.unit, unlimited)}
                  {part !== undefined && (
                    <div className="meter" data-tone={part >= 1 ? 'bad' : undefined} aria-hidden>
                      <span style={{ width: `${Math.min(part, 1) * 100}%` }} />
                    </div>
                  )}
                </td>
                <td className="num">{amountWords(limit.most, limit.unit, unlimited)}</td>
                <td>{said(`limitFrom.${limit.from}`) ?? limit.from}</td>
              </tr>
            )
          })}
          {features.map((feature) => (
            <tr key={feature.name} className="row">
              <td>{said(`feature.${feature.name}`) ?? feature.name}</td>
              <td />
              <td className="num">{feature.on ? t('plan.on') : t('plan.off')}</td>
              <td />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
