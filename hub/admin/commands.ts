import type { AdminCommand } from './answer.ts'
import { backup } from './backup.ts'
import { demoPasswords } from './demo.ts'
import { doctor } from './doctor.ts'
import { groupsImport } from './import-groups.ts'
import { tablesImport } from './import-tables.ts'
import { keysRotate } from './keys.ts'
import { kioskCode, kioskReplace } from './kiosk-codes.ts'
import { kioskList, kioskMove, kioskRename, kioskRevoke } from './kiosks.ts'
import { log } from './log.ts'
import { mailList, mailRetry } from './mail.ts'
import { restore } from './restore.ts'
import { restored } from './restored.ts'
import { sessionsEnd } from './sessions.ts'
import { settingsList, settingsSet } from './settings.ts'
import { spacesImport, spacesTree } from './spaces.ts'
import { superAdmin } from './super.ts'
import { universityAdd, universityList, universityPin } from './universities.ts'

/** All commands of `npm run admin`, in the order in which the help lists them. */
export const COMMANDS: readonly AdminCommand[] = [
  universityAdd,
  universityList,
  universityPin,
  superAdmin,
  sessionsEnd,
  groupsImport,
  tablesImport,
  spacesImport,
  spacesTree,
  kioskCode,
  kioskList,
  kioskMove,
  kioskRename,
  kioskReplace,
  kioskRevoke,
  settingsList,
  settingsSet,
  keysRotate,
  demoPasswords,
  mailList,
  mailRetry,
  log,
  doctor,
  backup,
  restore,
  restored,
]
