/**
 * The channel protocols of exec, attach and portforward: which one is spoken, and how a message is framed.
 *
 * Each message begins with the number of its channel; in the base64 forms a digit in a text frame.
 *
 * @source kubernetes v1.36 cri-streaming/pkg/streaming, apiserver/pkg/util/wsstream (facts: names, channels, closing)
 */

export type ChannelProtocol = {
  /** As offered; empty when the client offered none, which counts as the oldest one. */
  readonly name: string
  readonly base64: boolean
  /** 1 to 5: from 4 on the end is told as a Status, from 5 on channels can be closed one by one. */
  readonly version: number
}

export const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

const execVersions: Readonly<Record<string, number>> = {
  'v5.channel.k8s.io': 5,
  'v4.channel.k8s.io': 4,
  'v3.channel.k8s.io': 3,
  'v2.channel.k8s.io': 2,
  'channel.k8s.io': 1,
  'v4.base64.channel.k8s.io': 4,
  'v3.base64.channel.k8s.io': 3,
  'v2.base64.channel.k8s.io': 2,
  'base64.channel.k8s.io': 1,
}
const portVersions: Readonly<Record<string, number>> = {
  'v4.channel.k8s.io': 4,
  'v4.base64.channel.k8s.io': 4,
}

/** The first offered protocol that is spoken; undefined when none is. */
export function chooseProtocol(offered: readonly string[], use: 'exec' | 'portforward'): ChannelProtocol | undefined {
  const versions = use === 'exec' ? execVersions : portVersions
  if (offered.length === 0) return { name: '', base64: false, version: use === 'exec' ? 1 : 4 }
  const name = offered.find((each) => Object.hasOwn(versions, each))
  return name === undefined ? undefined : { name, base64: name.includes('base64'), version: versions[name] as number }
}

/** The offered protocols, without the one that only carries a token. */
export const offeredProtocols = (header: string | undefined, tokenPrefix: string): readonly string[] =>
  (header ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith(tokenPrefix))

/** A message as it is sent: bytes, or text in the base64 forms. */
export function frameMessage({ base64 }: ChannelProtocol, channel: number, bytes: Uint8Array): Uint8Array | string {
  if (base64) return channel.toString() + Buffer.from(bytes).toString('base64')
  const message = new Uint8Array(bytes.length + 1)
  message[0] = channel
  message.set(bytes, 1)
  return message
}

export type Message = { readonly channel: number; readonly bytes: Uint8Array }

/** Takes a message apart; undefined for one without a channel. */
export function readMessage({ base64 }: ChannelProtocol, data: Uint8Array): Message | undefined {
  if (data.length === 0) return undefined
  if (!base64) return { channel: data[0] as number, bytes: data.subarray(1) }
  const channel = (data[0] as number) - 48
  if (channel < 0 || channel > 9) return undefined
  return { channel, bytes: Buffer.from(Buffer.from(data.subarray(1)).toString('latin1'), 'base64') }
}
