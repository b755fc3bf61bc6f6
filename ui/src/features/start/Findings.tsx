import { Text } from '@mantine/core'
import type { Schemas } from '../../api/problem'
import { said } from '../../app/i18n'
import { Badge, type Tone } from '../../components/StatusBadge'

export type Finding = Schemas['FindingView']

const TONES: Record<string, Tone> = { ok: 'good', warning: 'warning', error: 'bad' }
const WORST = ['error', 'warning', 'ok']

export const isRole = (finding: Finding) => finding.code.startsWith('server.role')
export const isOfServer = (finding: Finding) => finding.code.startsWith('server.') && !isRole(finding)
export const isOfCertificate = (finding: Finding) => finding.code === 'panel.certificate'

/** What was found, the worst first, each with what to do about it. */
export function Findings({ findings }: { findings: Finding[] }) {
  const sorted = [...findings].sort((a, b) => WORST.indexOf(a.severity) - WORST.indexOf(b.severity))
  return (
    <ul className="steps">
      {sorted.map((finding) => (
        <li key={finding.code + finding.subject + finding.message} data-severity={finding.severity}>
          <Badge tone={TONES[finding.severity] ?? 'off'} quiet={finding.severity === 'ok'}>
            {said(`severity.${finding.severity}`) ?? finding.severity}
          </Badge>{' '}
          <span data-server>
            <strong>{finding.subject}</strong> {finding.message}
          </span>
          {finding.remedy && (
            <Text size="sm" c="dimmed" data-server>
              {finding.remedy}
            </Text>
          )}
        </li>
      ))}
    </ul>
  )
}
