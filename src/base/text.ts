/**
 * The parts as one text. Adding them up gives the same, but V8 then keeps a tree of the parts, and writes the JSON of
 * every object that holds one at half the speed. For texts that the server makes and that stand in many objects.
 */
export const joined = (...parts: readonly string[]): string => parts.join('')
