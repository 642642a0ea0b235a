/** The executable's first file: runs on any Node, so that one that is too old gets a sentence instead of a stack. */
const oldest = 24
const major = Number(process.versions.node.split('.')[0])
if (major < oldest) {
  process.stderr.write(
    `jobd needs Node.js ${oldest} or newer and was started with ${process.versions.node}: install a newer Node.js, or run 'npm install node' beside jobd\n`,
  )
  process.exitCode = 1
} else {
  // Compiled code is kept beside the bundle, where that can be written: later starts take about a tenth less CPU.
  if (import.meta.url.endsWith('.js')) {
    const { enableCompileCache } = await import('node:module')
    enableCompileCache(new URL('./compile-cache', import.meta.url).pathname)
  }
  // Not bundled into this file: it uses syntax and modules that an older Node does not know.
  const { main } = await import('./main.ts')
  process.exitCode = await main(process.argv.slice(2))
}

export {}
