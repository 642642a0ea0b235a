/** Names that Jobs, their pods and CronJobs share. @source kubernetes v1.36 pkg/apis/batch/types.go (facts: names) */

/** Labels of a Job's pods; the ones without a prefix are older and still written. */
export const jobNameLabel = 'batch.kubernetes.io/job-name'
export const legacyJobNameLabel = 'job-name'
export const controllerUidLabel = 'batch.kubernetes.io/controller-uid'
export const legacyControllerUidLabel = 'controller-uid'
/** Annotation and label of the pods of an Indexed Job: their index as a decimal. */
export const completionIndexLabel = 'batch.kubernetes.io/job-completion-index'
/** The finalizer that keeps a pod until the Job controller has counted it. */
export const jobTrackingFinalizer = 'batch.kubernetes.io/job-tracking'
/** Annotation of a Job that a CronJob started: the time it was due, RFC 3339 in the zone of the CronJob. */
export const cronJobScheduledTimestampAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'
/** Annotation that `kubectl create job --from=cronjob/…` leaves. */
export const cronJobInstantiateAnnotation = 'cronjob.kubernetes.io/instantiate'
/** The value of `managedBy` that means the built-in Job controller. */
export const jobControllerName = 'kubernetes.io/job-controller'

/**
 * Annotation of ours on a finished Job: the exit code of the container whose failure ended it, as a decimal. The Job
 * controller writes it with the terminal condition, where it knows it.
 */
export const exitCodeAnnotation = 'jobd.dev/exit-code'
/** Annotation of ours on a Job: `true` fails it soon after a pod that cannot run, instead of waiting or trying again. */
export const failFastAnnotation = 'jobd.dev/fail-fast'
/** Annotation of ours on a CronJob: `start-latest` starts the newest run after more than 100 missed ones, as upstream does. */
export const tooManyMissedAnnotation = 'jobd.dev/too-many-missed'
/** Annotation of ours on a CronJob: how the newest of its finished runs ended, e.g. `Complete`, `BackoffLimitExceeded`. */
export const lastResultAnnotation = 'jobd.dev/last-result'
/**
 * Annotation of ours on a CronJob: when its spec was last changed, RFC 3339. The API writes it and keeps it; no run is
 * started for a time before it.
 */
export const editedAtAnnotation = 'jobd.dev/edited-at'
/**
 * Annotation of ours on a CronJob that has just been edited, in JSON: the rules of before, where times that were due by
 * them may not be recorded yet. The API writes it and keeps it; the CronJob controller takes it away.
 */
export const beforeEditAnnotation = 'jobd.dev/before-edit'
