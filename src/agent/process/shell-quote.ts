/**
 * A text as one word of a POSIX shell, whatever it holds: quotes, newlines, `$`, any Unicode. A NUL cannot be part of
 * an argument or a variable of any process; what follows the first one is left out, as execve does.
 */
export function shellQuote(text: string): string {
  const end = text.indexOf('\0')
  const word = end === -1 ? text : text.slice(0, end)
  return `'${word.replaceAll("'", `'\\''`)}'`
}
