/** The version of this package; a check compares it with package.json. */
export const version = '0.1.0'
