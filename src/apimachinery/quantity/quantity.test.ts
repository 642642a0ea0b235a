import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  countQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
  quantityValue,
  roundUpQuantity,
  subtractQuantities,
} from './quantity.ts'

const read = (text: string): Quantity => {
  const result = parseQuantity(text)
  if (!result.ok) throw new Error(`${text}: ${result.error}`)
  return result.value
}

describe('canonical form', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['0', '0', 'zero stays zero'],
    ['0Mi', '0', 'zero loses its suffix'],
    ['-0', '0', 'zero loses its sign'],
    ['0.0', '0', 'zero loses its fraction'],
    ['0.5', '500m', 'a fraction becomes a smaller unit'],
    ['.5', '500m', 'the zero before the point may be left out'],
    ['1.50', '1500m', 'zeros at the end of a fraction go'],
    ['1.', '1.', 'a needless point is kept where upstream keeps the text'],
    ['1.5Gi', '1536Mi', 'a fraction of a binary unit becomes a smaller one'],
    ['1024Mi', '1Gi', 'a full binary unit becomes a larger one'],
    ['1000Mi', '1000Mi', 'a binary unit that is not full stays'],
    ['1500000Ki', '1500000Ki', 'binary units are not changed into decimal ones'],
    ['1000m', '1', 'a full decimal unit becomes a larger one'],
    ['1500m', '1500m', 'a decimal unit that is not full stays'],
    ['1000k', '1M', 'large decimal units too'],
    ['2147483648', '2147483648', 'a plain number stays'],
    ['3000', '3k', 'a plain number that ends in zeros gets a suffix'],
    ['1e9', '1e9', 'an exponent stays'],
    ['1e10', '10e9', 'an exponent is made a multiple of three'],
    ['12E3', '12E3', 'an exponent may be a capital, and stays where nothing changes'],
    ['1000e3', '1e6', 'an exponent grows as large as it can'],
    ['1E', '1E', 'E alone is the unit of 10^18'],
    ['1Ei', '1Ei', 'the largest binary unit'],
    ['8Ei', '9223372036854775807', 'binary amounts end at 2^63-1'],
    ['0.9n', '1n', 'nothing is finer than a billionth'],
    ['-0.9n', '-1n', 'what is finer is moved away from zero'],
    ['1e-12', '1e-9', 'also with an exponent'],
    ['100Ki', '100Ki', 'small binary amounts stay binary'],
    ['0.5Ki', '512', 'below 1024 they become plain'],
    ['-1Gi', '-1Gi', 'a sign is kept'],
    ['+5', '+5', 'a needless plus is kept where upstream keeps the text'],
    ['05', '05', 'and so is a needless zero'],
    ['123456789012345678901234567890', '123456789012345678901234567890', 'no number is too large'],
    ['1000E', '1e21', 'beyond the largest suffix an exponent is written'],
    ['0.1Mi', '104857600m', 'an odd fraction of a binary unit becomes decimal'],
  ]
  for (const [text, wanted, why] of cases) {
    it(`${text} is ${wanted}: ${why}`, () => {
      assert.deepEqual(canonicalQuantity(text), { ok: true, value: wanted })
    })
  }
})

describe('what is no quantity', () => {
  const format = /^quantities must match the regular expression/
  for (const text of [
    '',
    ' 1',
    '1 Gi',
    '1,5',
    '4x',
    '3GB',
    'big',
    '1.2.3',
    '--1',
    '0x10',
    '1e',
    'e3',
    '\u0661',
    '1Gi1',
  ]) {
    it(`${JSON.stringify(text)} is refused`, () => {
      const result = parseQuantity(text)
      assert.equal(result.ok, false)
    })
  }
  it('tells a wrong form', () => assert.match((parseQuantity('1 Gi') as { error: string }).error, format))
  it('tells a wrong suffix', () => {
    assert.deepEqual(parseQuantity('1KiB'.slice(0, 2)), { ok: false, error: "unable to parse quantity's suffix" })
  })
  it('answers an absurd exponent at once', () => {
    assert.equal(parseQuantity('1e999999999').ok, false)
  })
})

describe('arithmetic', () => {
  it('is exact across formats', () => {
    assert.equal(compareQuantities(read('1Gi'), read('1073741824')), 0)
    assert.equal(compareQuantities(read('1G'), read('1Gi')), -1)
    assert.equal(compareQuantities(read('500m'), read('0.5')), 0)
    assert.equal(formatQuantity(addQuantities(read('600m'), read('0.4'))), '1')
    assert.equal(formatQuantity(addQuantities(read('512Mi'), read('512Mi'))), '1Gi')
    assert.equal(formatQuantity(subtractQuantities(read('1'), read('250m'))), '750m')
  })
  it('takes the format of the second where the first is zero', () => {
    assert.equal(formatQuantity(addQuantities(countQuantity(0), read('1Gi'))), '1Gi')
  })
  it('gives whole numbers not below the amount', () => {
    assert.equal(quantityValue(read('1500m')), 2n)
    assert.equal(quantityValue(read('-1500m')), -2n)
    assert.equal(quantityMilliValue(read('1.5')), 1500n)
    assert.equal(quantityMilliValue(read('1n')), 1n)
    assert.equal(quantityValue(read('2Gi')), 2147483648n)
  })
  it('rounds up to thousandths, in which resources of pods are kept', () => {
    assert.equal(formatQuantity(roundUpQuantity(read('1500001u'), -3)), '1501m')
    assert.equal(formatQuantity(roundUpQuantity(read('1500m'), -3)), '1500m')
  })
})

describe('any quantity', () => {
  const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'E-3')
  const number = fc.tuple(fc.maxSafeInteger(), fc.nat({ max: 9 }), suffix).map(([digits, places, end]) => {
    const text = String(Math.abs(digits)).padStart(places + 1, '0')
    const cut = text.length - places
    const point = places === 0 ? text : `${text.slice(0, cut)}.${text.slice(cut)}`
    return `${digits < 0 ? '-' : ''}${point}${end}`
  })
  it('means the same in canonical form, which is canonical', () => {
    fc.assert(
      fc.property(number, (text) => {
        const quantity = read(text)
        const canonical = formatQuantity({ ...quantity, text: undefined })
        assert.equal(compareQuantities(read(canonical), quantity), 0)
        assert.equal(formatQuantity({ ...read(canonical), text: undefined }), canonical)
      }),
    )
  })
  it('is what is left when another one is added and taken away', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        const there = subtractQuantities(addQuantities(read(a), read(b)), read(b))
        assert.equal(compareQuantities(there, read(a)), 0)
      }),
    )
  })
})
