/** Units are types: a number of seconds can never be passed where milliseconds are meant. */
declare const unit: unique symbol
export type Unit<Name extends string> = { readonly [unit]: Name }

/** A span of time in seconds, as API fields that end in `Seconds` have it. */
export type Seconds = number & Unit<'Seconds'>
/** A span of time in milliseconds; may carry a fraction. */
export type Millis = number & Unit<'Millis'>
/** A point of wall-clock time: milliseconds since 1970-01-01T00:00:00Z; may carry a fraction. */
export type Instant = number & Unit<'Instant'>
/** A point of the monotonic clock in milliseconds; only differences mean anything. */
export type Monotonic = number & Unit<'Monotonic'>
/** The version counter of the store: every write takes the next one; 0 is before the first write. */
export type Revision = number & Unit<'Revision'>

export const seconds = (value: number): Seconds => value as Seconds
export const millis = (value: number): Millis => value as Millis
export const instant = (value: number): Instant => value as Instant
export const revision = (value: number): Revision => value as Revision

export const toMillis = (span: Seconds): Millis => (span * 1000) as Millis
export const after = (at: Instant, span: Millis): Instant => (at + span) as Instant
/** The point of the monotonic clock that lies `span` behind `at`. */
export const later = (at: Monotonic, span: Millis): Monotonic => (at + span) as Monotonic
/** The span from `from` to `to`; negative when `to` lies before. */
export const between = (from: Instant, to: Instant): Millis => (to - from) as Millis
