import type { AdminCommand } from './answer.ts'
import { backup } from './backup.ts'
import { demoPasswords } from './demo.ts'
import { doctor } from './doctor.ts'
import { groupsImport } from './import-groups.ts'
import { tablesImport } from './import-tables.ts'
import { jobsList, jobsRetry, jobsShow } from './jobs.ts'
import { keysRotate } from './keys.ts'
import { kioskCode, kioskReplace } from './kiosk-codes.ts'
import { groupsList, groupsShow } from './groups.ts'
import { kioskEdit, kioskMove, kioskMute, kioskRename, kioskRevoke, kioskUnmute } from './kiosk-changes.ts'
import { kioskFind, kioskList, kioskShow } from './kiosks.ts'
import { log } from './log.ts'
import { mailList, mailRetry } from './mail.ts'
import { peopleEdit, peopleRemove } from './people-changes.ts'
import { peopleFind, peopleList, peopleShow } from './people.ts'
import { platformAdminsAdd, platformAdminsList, platformAdminsRemove } from './platform-admins.ts'
import { restore } from './restore.ts'
import { restored } from './restored.ts'
import { sessionsEnd } from './sessions.ts'
import { settingsFind, settingsList, settingsSet, settingsShow, settingsUnset } from './settings.ts'
import { spacesFind, spacesShow } from './spaces-find.ts'
import { spacesImport, spacesTree } from './spaces.ts'
import { superAdmin } from './super.ts'
import {
  universityAdd,
  universityEdit,
  universityList,
  universityPin,
  universityRemove,
  universityShow,
} from './universities.ts'

/** All commands of `npm run admin`, in the order in which the help lists them. */
export const COMMANDS: readonly AdminCommand[] = [
  universityList,
  universityShow,
  universityAdd,
  universityEdit,
  universityPin,
  universityRemove,
  platformAdminsList,
  platformAdminsAdd,
  platformAdminsRemove,
  peopleList,
  peopleFind,
  peopleShow,
  peopleEdit,
  peopleRemove,
  superAdmin,
  sessionsEnd,
  groupsList,
  groupsShow,
  groupsImport,
  spacesTree,
  spacesFind,
  spacesShow,
  spacesImport,
  tablesImport,
  kioskList,
  kioskFind,
  kioskShow,
  kioskCode,
  kioskEdit,
  kioskRename,
  kioskMove,
  kioskMute,
  kioskUnmute,
  kioskReplace,
  kioskRevoke,
  settingsList,
  settingsFind,
  settingsShow,
  settingsSet,
  settingsUnset,
  mailList,
  mailRetry,
  jobsList,
  jobsShow,
  jobsRetry,
  log,
  doctor,
  backup,
  restore,
  restored,
  keysRotate,
  demoPasswords,
]
