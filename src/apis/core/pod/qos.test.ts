import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PodSpec, ResourceRequirements } from '../types.gen.ts'
import { type QosClass, qosClassOf } from './qos.ts'

const podOf = (...resources: readonly ResourceRequirements[]): PodSpec => ({
  containers: resources.map((each, index) => ({ name: `c${index}`, resources: each })),
})
const both = { cpu: '1', memory: '1Gi' }

const cases: readonly [string, PodSpec, QosClass][] = [
  ['asks for nothing', podOf({}), 'BestEffort'],
  ['asks for zero', podOf({ requests: { cpu: '0' } }), 'BestEffort'],
  ['asks for processor time', podOf({ requests: { cpu: '1' } }), 'Burstable'],
  ['is limited in both to what it asks for', podOf({ requests: both, limits: both }), 'Guaranteed'],
  [
    'writes the same amounts in another way',
    podOf({ requests: { cpu: '1000m', memory: '1024Mi' }, limits: both }),
    'Guaranteed',
  ],
  ['has one container without limits', podOf({ requests: both, limits: both }, {}), 'Burstable'],
  ['may have more than it asks for', podOf({ requests: both, limits: { cpu: '2', memory: '1Gi' } }), 'Burstable'],
  ['asks only for other resources', podOf({ requests: { 'example.com/gpu': '1' } }), 'BestEffort'],
  [
    'has limits as a whole',
    { containers: [{ name: 'a', resources: {} }], resources: { requests: both, limits: both } },
    'Guaranteed',
  ],
  [
    'has an init container without limits',
    { ...podOf({ requests: both, limits: both }), initContainers: [{ name: 'i', resources: {} }] },
    'Burstable',
  ],
]
describe('a pod that', () => {
  for (const [name, spec, expected] of cases)
    test(`${name} is ${expected}`, () => assert.equal(qosClassOf(spec), expected))
})
