import { useQueryClient } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { change, perform } from '../../api/change'
import { asProblem, type ProblemError } from '../../api/problem'

export const FIRST_RUN = 'panel.first_run'

/** Says that the first run is over, or that nobody wants to be reminded of it. */
export function useFinish() {
  const client = useQueryClient()
  const [error, setError] = useState<ProblemError>()
  const finish = useCallback(async () => {
    setError(undefined)
    try {
      await perform(change('put', '/api/v1/settings/{key}', { path: { key: FIRST_RUN }, body: { value: 'done' } }))
      await client.invalidateQueries({ queryKey: ['setting'] })
    } catch (thrown) {
      setError(asProblem(thrown))
    }
  }, [client])
  return { finish, error }
}
