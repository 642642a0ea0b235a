/** π by Machin's formula: the tests compare with it rather than with a copied text. */
export function digitsOfPi(count: number): string {
  const guard = 10
  const scale = 10n ** BigInt(count - 1 + guard)
  const arccot = (x: bigint): bigint => {
    let power = scale / x
    let sum = power
    for (let n = 3n, sign = -1n; power > 0n; n += 2n, sign = -sign) {
      power /= x * x
      sum += (sign * power) / n
    }
    return sum
  }
  const pi = 4n * (4n * arccot(5n) - arccot(239n))
  // The last digit is rounded, as perl's bpi does.
  const unit = 10n ** BigInt(guard)
  const digits = ((pi + unit / 2n) / unit).toString()
  return `${digits[0]}.${digits.slice(1)}`
}
