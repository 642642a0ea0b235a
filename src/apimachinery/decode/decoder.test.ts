import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type DecodeError, decodeObject, type FieldValidation } from './decoder.ts'
import { duplicateMembers, parseJson } from './json.ts'

const jobWith = (spec: string): string =>
  `{"apiVersion":"batch/v1","kind":"Job","metadata":{"name":"a"},"spec":{${spec}}}`
const template = '"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"b"}]}}'

function decoded(type: string, text: string, mode: FieldValidation) {
  const parsed = parseJson(text)
  if (!parsed.ok) throw new Error(parsed.error)
  return decodeObject(type, parsed.value.value, mode, parsed.value.exact)
}
const object = (type: string, text: string): unknown => {
  const result = decoded(type, text, 'Ignore')
  if (!result.ok) throw new Error(result.error.message)
  return result.value.object
}
const error = (type: string, text: string, mode: FieldValidation = 'Strict'): DecodeError | undefined => {
  const result = decoded(type, text, mode)
  return result.ok ? undefined : result.error
}

describe('values of a wrong type', () => {
  const struct = 'json: cannot unmarshal'
  const cases: readonly (readonly [string, string, string, string])[] = [
    [
      'a fraction for a whole number',
      'batch.v1.Job',
      jobWith('"completions":3.5'),
      `${struct} number 3.5 into Go struct field JobSpec.spec.completions of type int32`,
    ],
    [
      'a whole number written as a fraction',
      'batch.v1.Job',
      jobWith('"completions":2.0'),
      `${struct} number 2.0 into Go struct field JobSpec.spec.completions of type int32`,
    ],
    [
      'a whole number with an exponent',
      'batch.v1.Job',
      jobWith('"completions":1e1'),
      `${struct} number 1e1 into Go struct field JobSpec.spec.completions of type int32`,
    ],
    [
      'a number too large for 32 bits',
      'batch.v1.Job',
      jobWith('"completions":3000000000'),
      `${struct} number 3000000000 into Go struct field JobSpec.spec.completions of type int32`,
    ],
    [
      'a number too large for 64 bits',
      'batch.v1.Job',
      jobWith('"activeDeadlineSeconds":100000000000000000000'),
      `${struct} number 100000000000000000000 into Go struct field JobSpec.spec.activeDeadlineSeconds of type int64`,
    ],
    [
      'a number that a double would change',
      'batch.v1.Job',
      jobWith('"activeDeadlineSeconds":9007199254740993'),
      `${struct} number 9007199254740993 into Go struct field JobSpec.spec.activeDeadlineSeconds of type int64`,
    ],
    [
      'a text for a truth value',
      'batch.v1.Job',
      jobWith('"suspend":"true"'),
      `${struct} string into Go struct field JobSpec.spec.suspend of type bool`,
    ],
    [
      'a number for a text with a type of its own',
      'core.v1.Pod',
      '{"spec":{"restartPolicy":5}}',
      `${struct} number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy`,
    ],
    [
      'a text for a list',
      'core.v1.Pod',
      '{"spec":{"containers":[{"command":"a"}]}}',
      `${struct} string into Go struct field Container.spec.containers.command of type []string`,
    ],
    [
      'a text for a list of structs',
      'core.v1.Pod',
      '{"spec":{"containers":"a"}}',
      `${struct} string into Go struct field PodSpec.spec.containers of type []v1.Container`,
    ],
    [
      'a text for a struct in a list',
      'core.v1.Pod',
      '{"spec":{"containers":["a"]}}',
      `${struct} string into Go struct field PodSpec.spec.containers of type v1.Container`,
    ],
    [
      'a list for a struct',
      'batch.v1.Job',
      '{"spec":[]}',
      `${struct} array into Go struct field Job.spec of type v1.JobSpec`,
    ],
    [
      'a number as a label',
      'core.v1.Pod',
      '{"metadata":{"labels":{"a":1}}}',
      `${struct} number into Go struct field ObjectMeta.metadata.labels of type string`,
    ],
    [
      'a list for labels',
      'core.v1.Pod',
      '{"metadata":{"labels":[]}}',
      `${struct} array into Go struct field ObjectMeta.metadata.labels of type map[string]string`,
    ],
    [
      'a number for a map of amounts',
      'core.v1.Pod',
      '{"spec":{"containers":[{"resources":{"limits":1}}]}}',
      `${struct} number into Go struct field ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList`,
    ],
    [
      'a fraction for a port',
      'core.v1.Pod',
      '{"spec":{"containers":[{"livenessProbe":{"tcpSocket":{"port":1.5}}}]}}',
      `${struct} number 1.5 into Go struct field TCPSocketAction.spec.containers.livenessProbe.ProbeHandler.tcpSocket.port of type int32`,
    ],
    [
      'a text for an embedded struct',
      'core.v1.Pod',
      '{"spec":{"volumes":[{"emptyDir":"a"}]}}',
      `${struct} string into Go struct field Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource`,
    ],
    ['a list for everything', 'batch.v1.Job', '[]', `${struct} array into Go value of type v1.Job`],
    [
      'a number for a time',
      'batch.v1.Job',
      '{"metadata":{"creationTimestamp":5}}',
      `${struct} number into Go struct field ObjectMeta.metadata.creationTimestamp of type string`,
    ],
    ['no base64', 'core.v1.Secret', '{"data":{"k":"north*"}}', 'illegal base64 data at input byte 5'],
    ['base64 without its padding', 'core.v1.Secret', '{"data":{"k":"YQ"}}', 'illegal base64 data at input byte 0'],
    [
      'the first of two wrong values is told',
      'batch.v1.Job',
      jobWith('"suspend":1,"completions":"a"'),
      `${struct} number into Go struct field JobSpec.spec.suspend of type bool`,
    ],
    [
      'a value that its own type refuses is told before others',
      'core.v1.Pod',
      '{"spec":{"hostNetwork":1,"volumes":[{"emptyDir":{"sizeLimit":"big"}}]}}',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
  ]
  for (const [name, type, text, wanted] of cases) {
    it(`${name}`, () => {
      assert.deepEqual(error(type, text), { kind: 'Invalid', message: wanted })
    })
  }
})

describe('unknown and repeated fields', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'are told by their path',
      jobWith(`"template":{"spec":{"containers":[{"name":"a","foo":1}]}}`),
      ['unknown field "spec.template.spec.containers[0].foo"'],
    ],
    [
      'are told in the order of the text',
      jobWith('"zz":1,"aa":1,"mm":{"x":1}'),
      ['unknown field "spec.zz"', 'unknown field "spec.aa"', 'unknown field "spec.mm"'],
    ],
    ['differ by capitals', jobWith('"BackoffLimit":2'), ['unknown field "spec.BackoffLimit"']],
    [
      'repeat anywhere',
      `{"metadata":{"name":"a","name":"b"},"spec":{"green":1,"template":{"spec":{"containers":[{"image":"a","image":"b"}]}}}}`,
      [
        'duplicate field "metadata.name"',
        'unknown field "spec.green"',
        'duplicate field "spec.template.spec.containers[0].image"',
      ],
    ],
    ['repeat in maps too', '{"metadata":{"labels":{"a":"1","a":"2"}}}', ['duplicate field "metadata.labels.a"']],
    [
      'are told once',
      jobWith('"foo":1,"foo":2,"suspend":true,"suspend":true,"suspend":true'),
      ['unknown field "spec.foo"', 'duplicate field "spec.suspend"'],
    ],
    ['are not looked for in what is dropped', jobWith('"foo":{"a":1,"a":2}'), ['unknown field "spec.foo"']],
    [
      'may have dangerous names',
      '{"__proto__":{"x":1},"constructor":1}',
      ['unknown field "__proto__"', 'unknown field "constructor"'],
    ],
  ]
  for (const [name, text, wanted] of cases) {
    it(name, () => {
      const result = decoded('batch.v1.Job', text, 'Warn')
      assert.deepEqual(result.ok && result.value.warnings, wanted)
      assert.deepEqual(error('batch.v1.Job', text), {
        kind: 'Strict',
        message: `strict decoding error: ${wanted.join(', ')}`,
        errors: wanted,
      })
      assert.equal(error('batch.v1.Job', text, 'Ignore'), undefined)
    })
  }
  it('do not touch prototypes', () => {
    const map = object('core.v1.ConfigMap', '{"data":{"__proto__":"a","constructor":"b"}}') as { data: object }
    assert.equal(Object.getPrototypeOf(map.data), Object.prototype)
    assert.equal(JSON.stringify(map.data), '{"__proto__":"a","constructor":"b"}')
  })
  it('lets the last of a repeated field win', () => {
    const job = object('batch.v1.Job', jobWith('"backoffLimit":4,"backoffLimit":6')) as {
      spec: { backoffLimit: number }
    }
    assert.equal(job.spec.backoffLimit, 6)
  })
  it('merges structs that stand twice', () => {
    const job = object('batch.v1.Job', '{"spec":{"parallelism":1},"spec":{"completions":2}}') as { spec: object }
    assert.deepEqual({ ...job.spec, template: undefined }, { parallelism: 1, completions: 2, template: undefined })
  })
})

describe('the canonical object', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    [
      'has fields in upstream\u2019s order',
      'core.v1.ConfigMap',
      '{"data":{"b":"1","a":"2"},"metadata":{"labels":{},"name":"x"},"kind":"ConfigMap","apiVersion":"v1"}',
      '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"x"},"data":{"a":"2","b":"1"}}',
    ],
    [
      'has what is always written',
      'batch.v1.Job',
      '{}',
      '{"metadata":{},"spec":{"template":{"metadata":{},"spec":{"containers":null}}},"status":{}}',
    ],
    [
      'keeps zeros that mean something',
      'batch.v1.Job',
      '{"spec":{"backoffLimit":0,"suspend":false,"template":{"spec":{"hostNetwork":false,"priority":0}}}}',
      '{"metadata":{},"spec":{"backoffLimit":0,"template":{"metadata":{},"spec":{"containers":null,"priority":0}},"suspend":false},"status":{}}',
    ],
    [
      'takes null for unset',
      'batch.v1.Job',
      '{"spec":{"backoffLimit":null,"template":null},"status":null,"metadata":{"labels":null}}',
      '{"metadata":{},"spec":{"template":{"metadata":{},"spec":{"containers":null}}},"status":{}}',
    ],
    [
      'takes null in lists and maps for the empty value',
      'core.v1.Pod',
      '{"metadata":{"labels":{"a":null}},"spec":{"containers":[null,{"args":[null],"resources":{"limits":{"cpu":null}}}]}}',
      '{"metadata":{"labels":{"a":""}},"spec":{"containers":[{"name":"","resources":{}},{"name":"","args":[""],"resources":{"limits":{"cpu":"0"}}}]},"status":{}}',
    ],
    ['has no empty list where null is written', 'rbac.v1.Role', '{"rules":[]}', '{"metadata":{},"rules":null}'],
    [
      'has times in UTC and whole seconds',
      'core.v1.Pod',
      '{"metadata":{"creationTimestamp":"2026-01-02T03:04:05.9+02:00"}}',
      '{"metadata":{"creationTimestamp":"2026-01-02T01:04:05Z"},"spec":{"containers":null},"status":{}}',
    ],
    [
      'writes zero times as null where they are always written',
      'core.v1.Event',
      '{"metadata":{"creationTimestamp":null},"eventTime":"2026-01-02T03:04:05.000001Z"}',
      '{"metadata":{},"involvedObject":{},"source":{},"firstTimestamp":null,"lastTimestamp":null,"eventTime":"2026-01-02T03:04:05.000001Z","reportingComponent":"","reportingInstance":""}',
    ],
    [
      'has amounts in canonical form, also from numbers',
      'core.v1.ResourceQuota',
      '{"spec":{"hard":{"cpu":0.5,"memory":"1024Mi","pods":3,"requests.cpu":1e3}}}',
      '{"metadata":{},"spec":{"hard":{"cpu":"500m","memory":"1Gi","pods":"3","requests.cpu":"1e3"}},"status":{}}',
    ],
    [
      'has base64 in its one spelling',
      'core.v1.Secret',
      '{"data":{"a":"YWI=\\n","b":"YX==","c":null}}',
      '{"metadata":{},"data":{"a":"YWI=","b":"YQ==","c":""}}',
    ],
    [
      'keeps the raw form of what only others understand',
      'core.v1.Pod',
      '{"metadata":{"managedFields":[{"fieldsV1":{"f:b":{},"f:a":{"x":1.5}}}]},"spec":{"containers":null}}',
      '{"metadata":{"managedFields":[{"fieldsV1":{"f:b":{},"f:a":{"x":1.5}}}]},"spec":{"containers":null},"status":{}}',
    ],
    [
      'has well-formed texts',
      'core.v1.ConfigMap',
      '{"data":{"a":"\\ud800","b":"\\ud83d\\ude80"}}',
      '{"metadata":{},"data":{"a":"\ufffd","b":"\ud83d\ude80"}}',
    ],
  ]
  for (const [name, type, text, wanted] of cases) {
    it(name, () => {
      assert.equal(JSON.stringify(object(type, text)), wanted)
    })
  }
  it('is the very object that was given when that is canonical', () => {
    const canonical = object('batch.v1.Job', jobWith(template)) as object
    const again = decodeObject('batch.v1.Job', canonical, 'Strict')
    assert.ok(again.ok && again.value.object === canonical)
  })
  it('shares what is canonical in an object that is not', () => {
    const value = JSON.parse(jobWith(template)) as { spec: { template: { spec: { containers: object[] } } } }
    const first = object('batch.v1.Job', JSON.stringify(value)) as { metadata: object }
    const again = decodeObject('batch.v1.Job', { ...first, foo: 1 }, 'Ignore')
    assert.ok(again.ok && again.value.object.metadata === first.metadata)
  })
  it('of null is the empty one', () => {
    assert.deepEqual(object('core.v1.ConfigMap', 'null'), { metadata: {} })
  })
})

describe('times', () => {
  const parsing = (text: string, layout: string, rest: string): string =>
    `parsing time "${text}" as "${layout}": cannot parse ${rest}`
  const plain = '2006-01-02T15:04:05Z07:00'
  const micro = '2006-01-02T15:04:05.000000Z07:00'
  const cases: readonly (readonly [string, string, string])[] = [
    ['creationTimestamp', 'yesterday', parsing('yesterday', plain, '"yesterday" as "2006"')],
    ['creationTimestamp', '2025-01-01', parsing('2025-01-01', plain, '"" as "T"')],
    ['creationTimestamp', '2025-01-01 00:00:01Z', parsing('2025-01-01 00:00:01Z', plain, '" 00:00:01Z" as "T"')],
    ['creationTimestamp', '2025-13-01T00:00:00Z', 'parsing time "2025-13-01T00:00:00Z": month out of range'],
    ['creationTimestamp', '2025-02-30T00:00:00Z', 'parsing time "2025-02-30T00:00:00Z": day out of range'],
    ['creationTimestamp', '2025-01-01T25:00:00Z', 'parsing time "2025-01-01T25:00:00Z": hour out of range'],
    ['creationTimestamp', '2025-01-01T00:00:00Zx', 'parsing time "2025-01-01T00:00:00Zx": extra text: "x"'],
    ['creationTimestamp', '', parsing('', plain, '"" as "2006"')],
    ['renewTime', 'soon', parsing('soon', micro, '"soon" as "2006"')],
    ['renewTime', '2025-01-01T00:00:01Z', parsing('2025-01-01T00:00:01Z', micro, '"Z" as ".000000"')],
    ['renewTime', '2025-01-01T00:00:01.5Z', parsing('2025-01-01T00:00:01.5Z', micro, '".5Z" as ".000000"')],
    [
      'renewTime',
      '2025-01-01T00:00:01.123456789Z',
      parsing('2025-01-01T00:00:01.123456789Z', micro, '"789Z" as "Z07:00"'),
    ],
  ]
  for (const [field, text, wanted] of cases) {
    it(`${field} ${JSON.stringify(text)} is refused in Go\u2019s words`, () => {
      const value = field === 'renewTime' ? { spec: { renewTime: text } } : { metadata: { creationTimestamp: text } }
      assert.deepEqual(error('coordination.v1.Lease', JSON.stringify(value)), { kind: 'Invalid', message: wanted })
    })
  }
  it('may have one digit for the hour, as Go reads them', () => {
    const pod = object('core.v1.Pod', '{"metadata":{"creationTimestamp":"2025-01-01T3:04:05Z"}}') as {
      metadata: object
    }
    assert.deepEqual(pod.metadata, { creationTimestamp: '2025-01-01T03:04:05Z' })
  })
})

describe('texts that are no JSON', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['', 'unexpected end of JSON input'],
    ['{"a":1', 'unexpected end of JSON input'],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b"}', "invalid character '\"' after object key:value pair"],
    ['[1 2]', "invalid character '2' after array element"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['green', "invalid character 'g' looking for beginning of value"],
    ['tru', 'unexpected end of JSON input'],
    ['trux', "invalid character 'x' in literal true (expecting 'e')"],
    ['01', "invalid character '1' after top-level value"],
    ['-a', "invalid character 'a' in numeric literal"],
    ['1.a', "invalid character 'a' after decimal point in numeric literal"],
    ['1ea', "invalid character 'a' in exponent of numeric literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['\u00e9', "invalid character '\u00c3' looking for beginning of value"],
    ['['.repeat(1001), 'exceeded max depth'],
    [`${'['.repeat(1001)}${']'.repeat(1001)}`, 'exceeded max depth'],
    [`[1e3,${'['.repeat(1000)}${']'.repeat(1000)}]`, 'exceeded max depth'],
    [`{"a":1,"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'exceeded max depth'],
  ]
  for (const [text, wanted] of cases) {
    it(`${JSON.stringify(text.slice(0, 20))}: ${wanted}`, () => {
      assert.deepEqual(parseJson(text), { ok: false, error: wanted })
    })
  }
  it('may nest hundreds deep', () => {
    const text = `{"metadata":{"managedFields":[{"fieldsV1":${'{"a":'.repeat(900)}1${'}'.repeat(900)}}]}}`
    assert.ok(JSON.stringify(object('core.v1.ConfigMap', text)).length > 900)
    const repeated = text.replace('{"metadata"', '{"metadata":{},"metadata"')
    assert.ok(JSON.stringify(object('core.v1.ConfigMap', repeated)).length > 900)
  })
})

describe('paths of repeated members', () => {
  it('are found at any depth, also where no type is known', () => {
    const parsed = parseJson('{"a":{"b":1,"b":2},"c":[{"d":1,"d":1}],"a":{}}')
    assert.deepEqual(parsed.ok && duplicateMembers(parsed.value), ['a.b', 'c[0].d', 'a'])
  })
  it('are none in a plain text', () => {
    const parsed = parseJson('{"a":{"b":1},"c":{"b":1}}')
    assert.deepEqual(parsed.ok && duplicateMembers(parsed.value), [])
  })
})

describe('objects in memory', () => {
  it('may hold what a controller has unset: it is absent', () => {
    const status = { active: undefined, lastScheduleTime: '2026-01-01T00:00:00Z' }
    const decoded = decodeObject('batch.v1.CronJob', { metadata: {}, spec: {}, status }, 'Strict')
    assert.deepEqual(decoded.ok && Object.keys((decoded.value.object as unknown as { status: object }).status), [
      'lastScheduleTime',
    ])
  })
})
