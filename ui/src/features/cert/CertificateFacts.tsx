import { Badge } from '../../components/StatusBadge'
import { type Certificate, factsOf } from './words'

/** Badges of what is to be known of a certificate at once. Nothing where all is well. */
export function CertificateFacts({ certificate }: { certificate: Certificate }) {
  return factsOf(certificate).map(({ tone, words }) => (
    <Badge key={words} tone={tone}>
      {words}
    </Badge>
  ))
}
