/** Descriptions of Jobs and CronJobs and of what all objects have. */
import type { TypeDescriptions } from './type-descriptions.ts'

export const batchDescriptions: Readonly<Record<string, TypeDescriptions>> = {
  'batch.v1.Job': {
    '': 'A Job runs Pods until as many as wanted have succeeded, or until it must give up.',
    metadata: 'Name, namespace, labels and everything else that all objects have.',
    spec: 'What the Job is to do.',
    status: 'How far the Job has come.',
  },
  'batch.v1.JobSpec': {
    '': 'What a Job is to do: which Pods, how many, and when to give up.',
    activeDeadlineSeconds:
      'The seconds the Job may be active, counted from its start, whatever its Pods do. When they are over, its Pods are ended and the Job has failed. Time in which the Job is suspended does not count.',
    backoffLimit: 'How many failures of Pods are made up for by new Pods before the Job has failed. Default 6.',
    backoffLimitPerIndex:
      'How many failures of one index are made up for before that index has failed. Only for completionMode Indexed and restartPolicy Never.',
    completionMode:
      'NonIndexed: any Pods that succeed count. Indexed: each of the numbers 0 to completions - 1 needs a Pod of its own that succeeds; the Pod finds its number in JOB_COMPLETION_INDEX. Default NonIndexed.',
    completions:
      'How many Pods are to succeed. Left out, any Pod that succeeds means that the work is done, and the others are let finish.',
    managedBy:
      'Who works on the Job. Left out, or kubernetes.io/job-controller, it is the built-in controller; else a controller of that name outside. Cannot be changed.',
    manualSelector:
      'True: labels and selector of the Pods are chosen by the user instead of made unique by the server.',
    maxFailedIndexes:
      'How many indexes may fail before the whole Job has failed and its Pods are ended. Only together with backoffLimitPerIndex.',
    parallelism: 'How many Pods may run at the same time. Default 1; 0 pauses the Job.',
    podFailurePolicy:
      'Rules that decide by exit code or condition what a failed Pod means: ignore it, count it, or fail its index or the Job. Without rules every failure counts.',
    podReplacementPolicy:
      'When a Pod that goes gets its replacement. TerminatingOrFailed: as soon as it is on its way out. Failed: only when it has ended. With podFailurePolicy only Failed is possible.',
    selector: 'Which Pods belong to the Job. Made by the server; set it only together with manualSelector.',
    successPolicy:
      'Rules by which an Indexed Job is done before all indexes have succeeded. Without rules all of them are needed.',
    suspend:
      'True: the Job has no Pods; those that run are ended. Setting it to false starts the Job and its deadline anew. Default false.',
    template: 'What the Pods of this Job are like. restartPolicy must be Never or OnFailure.',
    ttlSecondsAfterFinished:
      'The seconds after which a finished Job is deleted with its Pods; 0 at once. Left out, it stays until somebody deletes it.',
  },
  'batch.v1.PodFailurePolicy': {
    '': 'What failures of Pods mean for the Job.',
    rules:
      'Tried in order; the first that fits decides, and where none fits the failure counts toward backoffLimit. At most 20.',
  },
  'batch.v1.PodFailurePolicyRule': {
    '': 'One rule: exactly one of onExitCodes and onPodConditions, and what to do when it fits.',
    action:
      'What to do. FailJob: fail the Job and end its Pods. FailIndex: do not retry this index. Ignore: make up for the Pod without counting. Count: count as usual.',
    onExitCodes: 'Fits when a container ended with certain exit codes.',
    onPodConditions: 'Fits when the Pod has one of these conditions.',
  },
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': {
    '': 'Which exit codes of which containers.',
    containerName: 'The container to look at; left out, all of them.',
    operator: 'In: the code is among the values. NotIn: it is not. A code of 0 never fits.',
    values: 'Exit codes in ascending order, without repetition, at most 255. 0 cannot be among them for In.',
  },
  'batch.v1.PodFailurePolicyOnPodConditionsPattern': {
    '': 'A condition of a Pod.',
    status: 'The status that the condition must have. Default True.',
    type: 'The type of the condition, e.g. DisruptionTarget.',
  },
  'batch.v1.SuccessPolicy': {
    '': 'When an Indexed Job is done.',
    rules:
      'Tried in order; the first that fits ends the Job as a success, and the Pods that still run are ended. At most 20.',
  },
  'batch.v1.SuccessPolicyRule': {
    '': 'Which indexes, and how many of them, are enough. At least one of both must be given.',
    succeededCount: 'How many indexes must have succeeded, of succeededIndexes where these are given.',
    succeededIndexes: 'The indexes that count, as numbers and ranges, e.g. 0,3-5,7.',
  },
  'batch.v1.JobStatus': {
    '': 'How far a Job has come.',
    active: 'How many Pods wait or run and are not on their way out. 0 once the Job is finished.',
    completedIndexes: 'The indexes that have succeeded, as numbers and ranges, e.g. 1,3-5,7.',
    completionTime: 'When the Job succeeded; not set when it failed.',
    conditions:
      'What is true of the Job: Complete or Failed when it is finished, SuccessCriteriaMet or FailureTarget shortly before, Suspended while it is suspended.',
    failed: 'How many Pods have failed.',
    failedIndexes: 'The indexes that have failed for good, as numbers and ranges. Only with backoffLimitPerIndex.',
    ready: 'How many of the active Pods are ready.',
    startTime: 'When the Job began, or was resumed last. Not set while a new Job is suspended.',
    succeeded: 'How many Pods have succeeded.',
    terminating: 'How many Pods are on their way out and have not ended yet.',
    uncountedTerminatedPods:
      'Pods that have ended and are not counted in the numbers yet; bookkeeping of the controller.',
  },
  'batch.v1.JobCondition': {
    '': 'Something that is or is not true of a Job.',
    lastProbeTime: 'When it was looked at last.',
    lastTransitionTime: 'When the status last changed.',
    message: 'Why, for people.',
    reason: 'Why, in one word, for programs.',
    status: 'True, False or Unknown.',
    type: 'What is meant, e.g. Complete, Failed or Suspended.',
  },
  'batch.v1.UncountedTerminatedPods': {
    '': 'Pods that have ended and are not counted yet.',
    failed: 'The uids of those that failed.',
    succeeded: 'The uids of those that succeeded.',
  },
  'batch.v1.CronJob': {
    '': 'A CronJob starts a Job at every time of its schedule.',
    metadata: 'Name, namespace, labels and everything else that all objects have. The name has at most 52 characters.',
    spec: 'When to start which Job.',
    status: 'Which Jobs run, and when the last one started.',
  },
  'batch.v1.CronJobSpec': {
    '': 'When to start which Job, and what to keep.',
    concurrencyPolicy:
      'What to do when it is time and the Job before still runs. Allow: start the next beside it. Forbid: leave this run out. Replace: end it and start the next. Default Allow.',
    failedJobsHistoryLimit: 'How many failed Jobs are kept. Default 1.',
    jobTemplate: 'What the Jobs are like. Changes count for Jobs that start later.',
    schedule:
      'Minute, hour, day of the month, month and day of the week, e.g. "0 3 * * 1-5"; or one of @yearly, @monthly, @weekly, @daily, @hourly, @every 2h.',
    startingDeadlineSeconds:
      'How late a run may start, in seconds. A run that is later counts as missed. Left out, it may start at any time later.',
    successfulJobsHistoryLimit: 'How many Jobs that succeeded are kept. Default 3.',
    suspend: 'True: no further Jobs are started. Those that run go on. Default false.',
    timeZone:
      'The zone in which the schedule is meant, by its name in the time zone database, e.g. Europe/Berlin. Left out, the zone of the server.',
  },
  'batch.v1.JobTemplateSpec': {
    '': 'What the Jobs of a CronJob are like.',
    metadata: 'Labels and annotations that every Job gets.',
    spec: 'What every Job is to do.',
  },
  'batch.v1.CronJobStatus': {
    '': 'Which Jobs of a CronJob run, and when the last one started.',
    active: 'The Jobs that run now.',
    lastScheduleTime: 'The time of the schedule for which a Job was last started.',
    lastSuccessfulTime: 'When a Job of this CronJob last succeeded.',
  },
  'meta.v1.ObjectMeta': {
    '': 'What all objects have.',
    annotations: 'Notes of people and programs, by name. Not for selecting objects.',
    creationTimestamp: 'When the object was created. Set by the server.',
    deletionGracePeriodSeconds: 'The seconds that the object gets to end before it is removed. Set when it is deleted.',
    deletionTimestamp:
      'When the object will be gone or was asked to go. Set by the server on deletion, never taken back.',
    finalizers: 'Who must act before the object may go. It is removed when the list is empty.',
    generateName: 'The beginning of a name that the server completes, where name is left out.',
    generation: 'Counts the changes of what is wanted. Set by the server.',
    labels: 'Names and values by which objects are grouped and selected.',
    managedFields: 'Which fields were set by whom. Kept by the server for server-side apply.',
    name: 'The name, unique among objects of this kind in the namespace. Cannot be changed.',
    namespace: 'The namespace that the object lives in. Cannot be changed.',
    ownerReferences: 'The objects that this one depends on. When all of them are gone, it is deleted too.',
    resourceVersion: 'The version of this object, for comparing and for watching. Set by the server.',
    selfLink: 'No longer used.',
    uid: 'Tells this object from all others of all times, also of the same name. Set by the server.',
  },
  'meta.v1.OwnerReference': {
    '': 'An object that another one depends on.',
    apiVersion: 'The group and version of the owner.',
    blockOwnerDeletion: 'True: in foreground deletion the owner waits until this object is gone.',
    controller: 'True for the one owner that manages the object.',
    kind: 'The kind of the owner.',
    name: 'The name of the owner.',
    uid: 'The uid of the owner.',
  },
  'meta.v1.ManagedFieldsEntry': {
    '': 'The fields that one manager has set in one way.',
    apiVersion: 'The version in which the fields are named.',
    fieldsType: 'The form of fieldsV1; always FieldsV1.',
    fieldsV1: 'The names of the fields, as a tree.',
    manager: 'Who set the fields.',
    operation: 'Apply for server-side apply, else Update.',
    subresource: 'The subresource that was written, e.g. status.',
    time: 'When the entry last changed.',
  },
  'meta.v1.LabelSelector': {
    '': 'Selects objects by labels. All parts must fit; the empty selector selects everything.',
    matchExpressions: 'Conditions on labels.',
    matchLabels: 'Labels that must have these values.',
  },
  'meta.v1.LabelSelectorRequirement': {
    '': 'A condition on one label.',
    key: 'The name of the label.',
    operator: 'In, NotIn, Exists or DoesNotExist.',
    values: 'The values for In and NotIn; empty for the others.',
  },
  'meta.v1.ListMeta': {
    '': 'What all lists have.',
    continue: 'Given when there is more: send it to get the next part.',
    remainingItemCount: 'About how many objects follow.',
    resourceVersion: 'The version of the data that the list shows; a watch can begin here.',
    selfLink: 'No longer used.',
  },
}
