/** Bundles src/main into dist/: one executable with its lazily loaded parts, the library, and the database thread. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { build } from 'esbuild'
import { billOfMaterials, bundledPackages, licenceTexts } from './bundled-packages.ts'

const root = new URL('..', import.meta.url).pathname

await rm(`${root}dist`, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    jobd: 'src/main/jobd.ts',
    library: 'src/main/library.ts',
    testing: 'src/main/testing.ts',
    'sqlite-thread': 'src/storage/sqlite/thread.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  chunkNames: 'part-[name]-[hash]',
  // The package's ESM build, whole: a CommonJS one that is imported lazily would lose its named exports.
  alias: { yaml: `${root}node_modules/yaml/browser/dist/index.js` },
  // Some packages inside the bundle are CommonJS and ask for `require`.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module';const require = makeRequire(import.meta.url);",
  },
  external: ['bufferutil', 'utf-8-validate'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'linked',
  logLevel: 'warning',
  metafile: true,
})

const { version } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as { readonly version: string }
const packages = bundledPackages(root, Object.keys(metafile.inputs))
await writeFile(`${root}dist/LICENCES.txt`, licenceTexts(packages))
await writeFile(`${root}dist/sbom.cdx.json`, billOfMaterials(version, packages))
