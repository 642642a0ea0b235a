import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldErrorText } from '../../apimachinery/index.ts'
import { ipFamily, ipWarnings, validateCIDR, validateIP } from './ip.ts'

const families: readonly [string, 'IPv4' | 'IPv6' | undefined][] = [
  ['10.0.0.1', 'IPv4'],
  ['::1', 'IPv6'],
  ['2001:db8::ff00:42:8329', 'IPv6'],
  ['::ffff:10.0.0.1', 'IPv4'],
  ['10.0.0', undefined],
  ['256.0.0.1', undefined],
  ['1::2::3', undefined],
  ['fe80::1%eth0', undefined],
  ['', undefined],
]
for (const [text, family] of families) {
  test(`"${text}" is ${family ?? 'no address'}`, () => assert.equal(ipFamily(text), family))
}

test('addresses are refused in the words of upstream', () => {
  assert.deepEqual(validateIP('10.0.0.1', 'spec.ip').map(fieldErrorText), [])
  assert.deepEqual(validateIP('ten', 'spec.ip').map(fieldErrorText), [
    'spec.ip: Invalid value: "ten": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
  ])
  assert.deepEqual(validateIP('010.0.0.1', 'spec.ip').map(fieldErrorText), [
    'spec.ip: Invalid value: "010.0.0.1": must not have leading 0s',
  ])
  assert.deepEqual(validateIP('010.0.0.1', 'spec.ip', ['010.0.0.1']), [])
})

test('networks name their own first address', () => {
  assert.deepEqual(validateCIDR('10.0.0.0/8', 'spec.cidr').map(fieldErrorText), [])
  assert.equal(validateCIDR('10.0.0.0/33', 'spec.cidr').length, 1)
  assert.equal(validateCIDR('10.0.0.1/8', 'spec.cidr').length, 1)
})

test('addresses in an unusual form are warned about', () => {
  assert.deepEqual(ipWarnings('2001:db8::1', 'p'), [])
  assert.equal(ipWarnings('2001:DB8::1', 'p').length, 1)
})
