import { useMemo } from 'react'
import { encode } from 'uqr'

/** Light around the dark, in modules: what readers need to find it. */
const QUIET = 4

/** The dark modules of a line as one path: runs, from left to right. */
export function pathOf(modules: boolean[][]): string {
  return modules
    .flatMap((line, y) => {
      const runs: string[] = []
      for (let x = 0; x < line.length; x += 1) {
        if (!line[x]) continue
        let end = x
        while (line[end]) end += 1
        runs.push(`M${x} ${y}h${end - x}v1H${x}z`)
        x = end
      }
      return runs
    })
    .join('')
}

/** A text as a QR code: dark on white whatever the theme, or half of the readers do not see it. */
export function QrCode({ text, label, size = 208 }: { text: string; label: string; size?: number }) {
  const { path, width } = useMemo(() => {
    const { data, size } = encode(text, { ecc: 'M', border: QUIET })
    return { path: pathOf(data), width: size }
  }, [text])
  return (
    <svg
      role="img"
      aria-label={label}
      width={size}
      height={size}
      viewBox={`0 0 ${width} ${width}`}
      shapeRendering="crispEdges"
    >
      <rect width={width} height={width} fill="#ffffff" />
      <path d={path} fill="#000000" />
    </svg>
  )
}
