export { createImageKeeper, type ImageKeeper } from './image-keeper.ts'
