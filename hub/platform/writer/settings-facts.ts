import { loadSettings } from '../postgres/university-facts.ts'
import { makeCachedFacts } from './fact-set.ts'

/** The settings of a university, defaults filled in. */
export const settingsFacts = makeCachedFacts('settings', 5, loadSettings)
