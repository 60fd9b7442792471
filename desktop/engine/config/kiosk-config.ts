import { Type, type Static } from 'typebox'
import { MAX_KIOSK_NAME_LENGTH, ScreenStart } from '#shared/domain/kiosk.ts'

const Port = Type.Integer({ minimum: 0, maximum: 65535 })

/**
 * A kiosk's configuration file, as IT writes it. The hub sends a kiosk's assignment and settings; the file has only what the
 * device must know before its first connection. There is no key that weakens the encryption. [SYN-26]
 */
export const KioskConfig = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'Address of the schema of this file, for editors.' })),
    name: Type.String({
      minLength: 1,
      maxLength: MAX_KIOSK_NAME_LENGTH,
      description: 'What staff call this device, for example "Library entrance".',
    }),
    hub: Type.Object(
      {
        url: Type.String({
          pattern: '^(https?|wss?)://',
          description: 'Address of the hub, https:// unless it is on this same machine.',
        }),
        caFile: Type.Optional(
          Type.String({
            minLength: 1,
            description:
              'File with the certificate (PEM) of the private authority that signed the hub’s own.',
          }),
        ),
      },
      { additionalProperties: false, description: 'Where the hub is.' },
    ),
    screen: Type.Optional(ScreenStart),
    agent: Type.Optional(
      Type.Object(
        { port: Type.Optional(Port) },
        { additionalProperties: false, description: 'The screen served to a browser on this machine.' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type KioskConfig = Static<typeof KioskConfig>
