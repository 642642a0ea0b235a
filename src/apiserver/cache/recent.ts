/** Forms of objects (their text, their protobuf) that were asked for or made lately, so that each is made once. */

export type Recent<Form> = {
  /** The form of an object: the kept one, else a new one, which is then kept. */
  readonly of: (object: object) => Form
  /** As `of`, but keeps nothing new: for long lists, which would drive out all else. */
  readonly peek: (object: object) => Form
  readonly remember: (object: object, form: Form) => void
}

/** Keeps two generations of about `bound` characters or bytes each; what is asked for stays in the younger one. */
export function newRecent<Form extends { readonly length: number }>(
  make: (object: object) => Form,
  bound = 2 ** 22,
): Recent<Form> {
  let young = new Map<object, Form>()
  let old = new Map<object, Form>()
  let size = 0
  const remember = (object: object, form: Form): void => {
    if (size > bound) {
      old = young
      young = new Map()
      size = 0
    }
    young.set(object, form)
    size += form.length
  }
  return {
    remember,
    of(object) {
      const known = young.get(object)
      if (known !== undefined) return known
      const form = old.get(object) ?? make(object)
      remember(object, form)
      return form
    },
    peek: (object) => young.get(object) ?? old.get(object) ?? make(object),
  }
}
