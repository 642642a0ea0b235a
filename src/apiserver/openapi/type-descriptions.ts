/** The sentences of one type: its own under `''`, its fields' under their names. */
export type TypeDescriptions = Readonly<Record<string, string>>
