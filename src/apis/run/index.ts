import { anyKind } from '../generic/index.ts'
import type { Strategy } from '../strategy.ts'
import { runStrategy } from './strategy.ts'

export type * from './types.gen.ts'

/** The kinds of this group. */
export const runStrategies: readonly Strategy[] = [anyKind(runStrategy)]
/** How the API calls them. */
export const runsResource = 'runs.jobs.jobd.dev'
