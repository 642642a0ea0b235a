/** Who reads or writes the fields of the API's types in our own code, as the type checker sees it. */
import { relative } from 'node:path'
import ts from 'typescript'
import { root } from './executable.ts'

const groups: Readonly<Record<string, string>> = {
  'src/apimachinery/meta/types.gen.ts': 'meta.v1',
  'src/apis/batch/types.gen.ts': 'batch.v1',
  'src/apis/core/types.gen.ts': 'core.v1',
}

/** `core.v1.Container.args` → files of ours that read or write it, tests too. */
export function fieldUses(): ReadonlyMap<string, ReadonlySet<string>> {
  const file = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const config = ts.parseJsonConfigFileContent(file.config, ts.sys, root)
  const names = config.fileNames
  const program = ts.createProgram(names, { ...config.options, noEmit: true })
  const checker = program.getTypeChecker()
  const found = new Map<string, Set<string>>()
  const take = (symbol: ts.Symbol | undefined, path: string): void => {
    for (const declaration of symbol?.declarations ?? []) {
      const field = nameOf(declaration)
      if (field === undefined) continue
      const readers = found.get(field) ?? new Set()
      found.set(field, readers.add(path))
    }
  }
  for (const source of program.getSourceFiles()) {
    const path = relative(root, source.fileName)
    if (path.startsWith('..') || path.includes('node_modules/')) continue
    const visit = (node: ts.Node): void => {
      for (const symbol of symbolsAt(checker, node)) take(symbol, path)
      ts.forEachChild(node, visit)
    }
    visit(source)
  }
  return found
}

/** The field that a declaration in a generated file is of. */
function nameOf(declaration: ts.Declaration): string | undefined {
  const group = groups[relative(root, declaration.getSourceFile().fileName)]
  const alias = declaration.parent?.parent
  if (group === undefined || !ts.isPropertySignature(declaration) || !ts.isTypeAliasDeclaration(alias)) return undefined
  return `${group}.${alias.name.text}.${declaration.name.getText()}`
}

/** Properties that a node reads (`a.b`, `{ b } = a`, `a['b']`) or writes (`{ b: … }`). */
function symbolsAt(checker: ts.TypeChecker, node: ts.Node): readonly (ts.Symbol | undefined)[] {
  if (ts.isPropertyAccessExpression(node)) return [checker.getSymbolAtLocation(node.name)]
  if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
    const name = node.propertyName ?? node.name
    if (!ts.isIdentifier(name) || node.dotDotDotToken !== undefined) return []
    return [checker.getTypeAtLocation(node.parent).getProperty(name.text)]
  }
  if (ts.isElementAccessExpression(node)) {
    const index = checker.getTypeAtLocation(node.argumentExpression)
    const words = index.isUnion() ? index.types : [index]
    const type = checker.getNonNullableType(checker.getTypeAtLocation(node.expression))
    return words.map((word) => (word.isStringLiteral() ? type.getProperty(word.value) : undefined))
  }
  if ((ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) && ts.isIdentifier(node.name)) {
    const type = checker.getContextualType(node.parent)
    return [type && checker.getNonNullableType(type).getProperty(node.name.text)]
  }
  return []
}
