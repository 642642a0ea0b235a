/**
 * What a pod spec may have only because the stored object has it already. Absent means no: the rules for new objects.
 *
 * @source kubernetes v1.36 pkg/api/pod/util.go, GetValidationOptionsFromPodSpecAndMeta
 */
export type PodValidationOptions = {
  /** Label selectors of affinities may have values that are no label values. */
  readonly allowInvalidLabelValueInSelector?: boolean
  /** The template of a suspended Job or a stored one: parts that need a node are checked for pods only. */
  readonly resourceIsPod?: boolean
}
