import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEtcdTarget } from './target.ts'

test('addresses of an etcd', () => {
  const read: readonly (readonly [string, string, string])[] = [
    ['etcd://127.0.0.1:2379', '127.0.0.1:2379', '/jobd'],
    ['etcd://etcd-1', 'etcd-1:2379', '/jobd'],
    ['etcd://a:1,b:2,[::1]:3/', 'a:1 b:2 ::1:3', '/jobd'],
    ['etcd://a/team/batch', 'a:2379', '/team/batch'],
  ]
  for (const [text, members, place] of read) {
    const target = parseEtcdTarget(text)
    assert.ok(target.ok, text)
    assert.deepEqual(
      [target.value.members.map(({ host, port }) => `${host}:${port}`).join(' '), target.value.place],
      [members, place],
    )
  }
})

test('what is no address of an etcd is refused, naming the part', () => {
  const refused = {
    'etcd://': "'' is no HOST:PORT",
    'etcd:127.0.0.1': "'' is no HOST:PORT",
    'etcd://a:99999': "'a:99999' is no HOST:PORT",
    'etcd://a,,b': "'' is no HOST:PORT",
    'etcd://user:secret@a:1': "'user:secret@a:1' is no HOST:PORT",
    'etcd://a/b/': "'/b/' is no path",
    'etcd://a/b c': "'/b c' is no path",
    'etcd://a//b': "'//b' is no path",
  }
  for (const [text, why] of Object.entries(refused)) {
    const target = parseEtcdTarget(text)
    assert.ok(!target.ok && target.error.includes(why), `${text}: ${JSON.stringify(target)}`)
  }
})
