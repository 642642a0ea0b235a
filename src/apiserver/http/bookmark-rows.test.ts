import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testOptions } from '../../../test/support/api.ts'
import type { KubeObject } from '../../apimachinery/index.ts'
import { strategies } from '../../apis/index.ts'
import type { Instant } from '../../base/index.ts'
import { emptyParts } from './watch-stream.ts'

test('a bookmark has a row in the table of every kind', () => {
  for (const [name, { table }] of strategies) {
    if (table === undefined) continue
    const bookmark = { kind: 'x', apiVersion: 'v1', metadata: { resourceVersion: '1' }, ...emptyParts } as KubeObject
    const row = table.row(bookmark, 0 as Instant, testOptions)
    assert.equal(row.cells.length, table.columns(testOptions).length, name)
  }
})
