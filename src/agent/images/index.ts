export { createImageKeeper, type ImageKeeper } from './image-keeper.ts'
export {
  HOST_IMAGE,
  hasProgramOfHost,
  type ImageMapEntry,
  type ImagePolicy,
  imagesOf,
  imageWarnings,
  type MappedImage,
} from './image-map.ts'
