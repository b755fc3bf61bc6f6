/** A character in front of which a spreadsheet takes a cell for a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** What needs quotes: the separator, quotes, and ends of lines. */
const QUOTED = /[",\r\n]/

/**
 * A cell as RFC 4180 has it. What a spreadsheet would take for a formula gets an apostrophe before it: names and addresses come from
 * strangers, and the file is opened by somebody with more rights than theirs.
 */
export function csvCell(value: string): string {
  const safe = FORMULA.test(value) ? `'${value}` : value
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A line; every line ends with CRLF, the last one, too. */
export const csvLine = (cells: readonly string[]) => `${cells.map(csvCell).join(',')}\r\n`

/** Says that the file is UTF-8. RFC 4180 does without, but Excel takes a file without it for one in the computer's old code page. */
const BOM = '\uFEFF'

/** A whole file: the columns' names, and a line for each row. */
export const csvFile = (head: readonly string[], lines: readonly string[]) => [BOM, csvLine(head), ...lines]
