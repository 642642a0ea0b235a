/** Forms of objects (their text, their protobuf) that were asked for or made lately, so that each is made once. */

export type Recent<Form> = {
  /** The form of an object: the kept one, else a new one, which is then kept. */
  readonly of: (object: object) => Form
  /**
   * As `of`, for the objects of one list: new forms are kept as long as there is room, so that a list that is longer
   * than the bound keeps its beginning, and drives out nothing on its way.
   */
  readonly ofList: () => (object: object) => Form
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
  const age = (): void => {
    if (size <= bound) return
    old = young
    young = new Map()
    size = 0
  }
  const add = (object: object, form: Form): void => {
    young.set(object, form)
    size += form.length
  }
  const remember = (object: object, form: Form): void => {
    age()
    add(object, form)
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
    ofList() {
      age()
      return (object) => {
        const known = young.get(object)
        if (known !== undefined) return known
        const form = old.get(object) ?? make(object)
        if (size <= bound) add(object, form)
        return form
      }
    },
  }
}
