/** On a model of control groups of version 2, which keeps the rules of the kernel. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeDelegated, type GroupFiles, openDelegated } from './delegated-group.ts'

const WANTED = ['memory', 'cpu', 'pids'] as const

/** A group as a test describes it: who is in it, what it hands on, and whether this user may write there. */
type Group = { pids: string[]; hands: string[]; isOurs: boolean }

type Model = {
  readonly files: GroupFiles
  /** Each group with its processes and what it hands on: `/a 1,2 memory`. */
  readonly shown: () => readonly string[]
}

function model(
  described: Readonly<Record<string, Partial<Group>>>,
  { isNamespace = false, refusesToMove = '' } = {},
): Model {
  const groups = new Map(
    Object.entries(described).map(([path, given]): [string, Group] => [
      path,
      { pids: [], hands: [], isOurs: true, ...given },
    ]),
  )
  const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
  const childrenOf = (path: string) => [...groups.keys()].filter((other) => other !== '' && parentOf(other) === path)
  const offered = (path: string): readonly string[] =>
    path === '' ? WANTED : (groups.get(parentOf(path))?.hands ?? [])
  const ours = (path: string): Group => {
    const group = groups.get(path)
    if (group === undefined || !group.isOurs) throw new Error('EACCES')
    return group
  }
  const hand = (path: string, word: string): void => {
    const { hands, pids } = ours(path)
    const controller = word.slice(1)
    if (!offered(path).includes(controller)) throw new Error('ENOENT')
    if (word.startsWith('-')) {
      if (childrenOf(path).some((child) => groups.get(child)?.hands.includes(controller))) throw new Error('EBUSY')
      hands.splice(hands.indexOf(controller), 1)
      return
    }
    // Of cpu and pids the kernel makes a group of threads.
    if (pids.length > 0 && controller === 'memory' && (path !== '' || isNamespace)) throw new Error('EBUSY')
    if (!hands.includes(controller)) hands.push(controller)
  }
  const enter = (path: string, pid: string): void => {
    const group = ours(path)
    if (pid === refusesToMove) throw new Error('EACCES')
    if (group.hands.length > 0) throw new Error('EBUSY')
    const above = groups.get(parentOf(path))
    if (parentOf(path) !== '' && above !== undefined && above.pids.length > 0 && above.hands.length > 0)
      throw new Error('ENOTSUP')
    for (const { pids } of groups.values()) if (pids.includes(pid)) pids.splice(pids.indexOf(pid), 1)
    group.pids.push(pid)
  }
  const split = (file: string) => [file.slice(2, file.lastIndexOf('/')), file.slice(file.lastIndexOf('/') + 1)] as const
  const files: GroupFiles = {
    read(file) {
      const [path, name] = split(file)
      const group = groups.get(path)
      if (name === 'cgroup.controllers') return group === undefined ? '' : `${offered(path).join(' ')}\n`
      return name === 'cgroup.procs' ? (group?.pids.join('\n') ?? '') : `${group?.hands.join(' ') ?? ''}\n`
    },
    write(file, text) {
      const [path, name] = split(file)
      if (name === 'cgroup.procs') enter(path, text)
      else for (const word of text.split(' ').filter((each) => each !== '')) hand(path, word)
    },
    make(group) {
      const path = group.slice(2)
      if (groups.has(path)) return
      ours(parentOf(path))
      groups.set(path, { pids: [], hands: [], isOurs: true })
    },
    remove(group) {
      const path = group.slice(2)
      ours(path)
      if (childrenOf(path).length > 0 || ours(path).pids.length > 0) throw new Error('EBUSY')
      groups.delete(path)
    },
    below: (group) => childrenOf(group.slice(2)).map((path) => path.slice(path.lastIndexOf('/') + 1)),
  }
  const shown = () => [...groups].map(([path, { pids, hands }]) => `${path || '/'} ${pids.join()} ${hands.join()}`)
  return { files, shown }
}

const ALL = 'memory,cpu,pids'
const all = [...WANTED]
const opened = (files: GroupFiles, own: string) => openDelegated(files, { mount: '/m', own, name: 'jobd' }, WANTED)

test('the group of a service of root is made beside the service', () => {
  const { files, shown } = model({
    '': { hands: [...all] },
    '/system.slice': { hands: [...all] },
    '/system.slice/jobd.service': { pids: ['7'] },
  })
  assert.deepEqual(opened(files, '/system.slice/jobd.service'), { group: '/m/system.slice/jobd', controllers: all })
  assert.deepEqual(shown(), [
    `/  ${ALL}`,
    `/system.slice  ${ALL}`,
    '/system.slice/jobd.service 7 ',
    `/system.slice/jobd  ${ALL}`,
  ])
})

test('that of a service of a user is made in the nearest group of the user', () => {
  const { files } = model({
    '': { hands: [...all], isOurs: false },
    '/user.slice': { hands: [...all], isOurs: false },
    '/user.slice/user@1.service': { hands: [...all] },
    '/user.slice/user@1.service/app.slice': { hands: ['memory', 'pids'] },
    '/user.slice/user@1.service/app.slice/jobd.service': { pids: ['7'] },
  })
  assert.deepEqual(opened(files, '/user.slice/user@1.service/app.slice/jobd.service'), {
    group: '/m/user.slice/user@1.service/app.slice/jobd',
    controllers: ['memory', 'pids'],
  })
})

test('the topmost group of a machine hands controllers on although processes are in it', () => {
  const { files, shown } = model({ '': { pids: ['1', '7'] } })
  assert.deepEqual(opened(files, '/'), { group: '/m/jobd', controllers: all })
  assert.deepEqual(shown(), [`/ 1,7 ${ALL}`, `/jobd  ${ALL}`])
})

test('a group that was handed to a user is left by all its processes, and entered again at the end', () => {
  const before = { '': { hands: [...all], isOurs: false }, '/given': { pids: ['7', '8'] } }
  const { files, shown } = model(before)
  const handed = opened(files, '/given')
  assert.deepEqual(handed, { group: '/m/given/jobd', controllers: all, left: '/m/given' })
  const inUse = [`/  ${ALL}`, `/given  ${ALL}`, '/given/jobd-server 7,8 ', `/given/jobd  ${ALL}`]
  assert.deepEqual(shown(), inUse)
  const next = opened(files, '/given/jobd-server')
  assert.deepEqual(next, handed, 'another start finds it as it is')
  assert.ok(next !== undefined)
  closeDelegated(files, next)
  assert.deepEqual(shown(), [`/  ${ALL}`, '/given 7,8 '])
})

test('so is the topmost group of a container, which is not that of the machine', () => {
  const { files } = model({ '': { pids: ['1', '7'] } }, { isNamespace: true })
  assert.deepEqual(opened(files, '/'), { group: '/m/jobd', controllers: all, left: '/m' })
})

test('it is not entered again while runs or another jobd go on', () => {
  const { files, shown } = model({ '': { hands: [...all], isOurs: false }, '/given': { pids: ['7'] } })
  const handed = opened(files, '/given')
  assert.ok(handed !== undefined)
  files.make('/m/given/jobd/run')
  files.write('/m/given/jobd/run/cgroup.procs', '9')
  closeDelegated(files, handed)
  assert.deepEqual(shown().slice(1), [
    `/given  ${ALL}`,
    '/given/jobd-server 7 ',
    `/given/jobd  ${ALL}`,
    '/given/jobd/run 9 ',
  ])
})

test('a group with somebody in it who cannot be moved is left as it was', () => {
  const { files, shown } = model(
    { '/given': { pids: ['7', '0'] }, '': { hands: [...all], isOurs: false } },
    {
      refusesToMove: '0',
    },
  )
  assert.equal(opened(files, '/given'), undefined)
  assert.deepEqual(shown(), ['/given 0,7 ', `/  ${ALL}`])
})

test('nobody is moved where controllers are not handed on, as in a session or beside groups of version 1', () => {
  const session = {
    '': { hands: [...all], isOurs: false },
    '/session': { pids: ['7'], isOurs: false },
    '/bare': { isOurs: false },
    '/bare/given': { pids: ['8'] },
  }
  const { files, shown } = model(session)
  const before = shown()
  assert.equal(opened(files, '/session'), undefined)
  assert.equal(opened(files, '/bare/given'), undefined)
  assert.equal(opened(files, '/../outside'), undefined)
  assert.deepEqual(shown(), before)
})
