/** The parameters of operations: name, type and one sentence each. */

export type Parameter = {
  readonly name: string
  readonly in: 'query' | 'path'
  readonly type: 'string' | 'integer' | 'boolean'
  readonly description: string
}

const query = (name: string, type: Parameter['type'], description: string): Parameter => ({
  name,
  in: 'query',
  type,
  description,
})
const path = (name: string, description: string): Parameter => ({ name, in: 'path', type: 'string', description })

export const nameParameter = (kind: string): Parameter => path('name', `The name of the ${kind}.`)
export const namespaceParameter = path('namespace', 'The namespace in which to look.')
export const pretty = query('pretty', 'string', 'Indent the JSON of the answer when this is true.')

const dryRun = query('dryRun', 'string', 'With All, everything is checked and nothing is stored.')
const fieldManager = query(
  'fieldManager',
  'string',
  'Who makes the change; kept with the fields that it sets. At most 128 characters.',
)
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What to do about unknown and repeated fields: Strict refuses them, Warn tells them in headers, Ignore drops them silently.',
)
const force = query('force', 'boolean', 'For apply patches: take over fields that others own.')

export const writeParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation]
export const patchParameters: readonly Parameter[] = [dryRun, fieldManager, fieldValidation, force]

export const deleteParameters: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', 'The seconds that the object gets to end; 0 ends it at once.'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'Delete an object that can no longer be read.'),
  query('orphanDependents', 'boolean', 'Use propagationPolicy instead: true keeps the dependents.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
]

const limit = query('limit', 'integer', 'The most objects in one answer; the rest is had with continue.')
const continueToken = query('continue', 'string', 'Goes on with a list where an earlier answer ended.')
const selection: readonly Parameter[] = [
  query('fieldSelector', 'string', 'Only objects whose fields have these values.'),
  query('labelSelector', 'string', 'Only objects whose labels fit.'),
]
const versions: readonly Parameter[] = [
  query('resourceVersion', 'string', 'The version of the data that the answer is based on.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
]
const sendInitialEvents = query(
  'sendInitialEvents',
  'boolean',
  'A watch begins with all objects that are there, ended by a bookmark.',
)
const timeoutSeconds = query('timeoutSeconds', 'integer', 'The seconds after which the answer ends, whatever happened.')
const watch = query('watch', 'boolean', 'Answer with a stream of changes instead of a list.')
const bookmarks = query(
  'allowWatchBookmarks',
  'boolean',
  'Bookmarks in a watch tell versions at which nothing has changed.',
)

export const listParameters: readonly Parameter[] = [
  bookmarks,
  continueToken,
  ...selection,
  limit,
  ...versions,
  sendInitialEvents,
  timeoutSeconds,
  watch,
]
export const deleteCollectionParameters: readonly Parameter[] = [
  continueToken,
  ...selection,
  limit,
  ...versions,
  sendInitialEvents,
  timeoutSeconds,
  ...deleteParameters,
]

const container = query('container', 'string', 'The container; may be left out when the Pod has one.')
const streams = (verb: string): readonly Parameter[] => [
  container,
  query('stderr', 'boolean', `${verb} the standard error stream.`),
  query('stdin', 'boolean', `${verb} the standard input stream.`),
  query('stdout', 'boolean', `${verb} the standard output stream.`),
  query('tty', 'boolean', 'Whether there is a terminal.'),
]

/** Parameters of subresources that connect to a running Pod. */
export const connectParameters: Readonly<Record<string, readonly Parameter[]>> = {
  'pods/attach': streams('Attach'),
  'pods/exec': [
    query('command', 'string', 'The program and its arguments, one parameter each.'),
    ...streams('Redirect'),
  ],
  'pods/portforward': [query('ports', 'integer', 'The ports to forward.')],
  'pods/log': [
    container,
    query('follow', 'boolean', 'Go on with what is written from now on.'),
    query('insecureSkipTLSVerifyBackend', 'boolean', 'Do not verify the certificate of the node.'),
    query('limitBytes', 'integer', 'The most bytes to send.'),
    query('previous', 'boolean', 'The log of the container before its last restart.'),
    query('sinceSeconds', 'integer', 'Only what was written in the last so many seconds.'),
    query('stream', 'string', 'All, Stdout or Stderr.'),
    query('tailLines', 'integer', 'Only so many lines from the end.'),
    query('timestamps', 'boolean', 'A time in front of every line.'),
  ],
}
