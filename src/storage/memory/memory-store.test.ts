import { runStoreContract } from '../../../test/contract/store-contract.ts'
import { createMemoryStore } from './memory-store.ts'

runStoreContract('memory', async () => {
  const store = createMemoryStore()
  return { store, dispose: () => store.close() }
})
