/**
 * What the reasons mean that users meet when something does not go as they wished, and what to do. Which reasons there are the code
 * says: tools/generate-reference.ts ends with an error when one is missing here, or stands here and nowhere in the code.
 */
export type ReasonFamily = {
  readonly title: string
  /** Where they are shown, as a sentence. */
  readonly shown: string
  /** Folders and files below src in which the reasons are given. */
  readonly files: readonly string[]
  /** Finds them there; the groups are names. */
  readonly pattern: RegExp
  /** What the pattern finds, and is told elsewhere or is no trouble. */
  readonly others: readonly string[]
  /** Meaning and remedy by name. */
  readonly reasons: Readonly<Record<string, readonly [meaning: string, remedy: string]>>
}

const given = /\breason: (?:[^,}\n']*\? )?'([A-Z]\w+)'(?: : '([A-Z]\w+)')?/g

export const reasonFamilies: readonly ReasonFamily[] = [
  {
    title: 'Pods and containers',
    shown: 'In `status` of a pod, its conditions and its containers, and in the column STATUS of `kubectl get pods`.',
    files: ['agent/', 'controllers/disruption/', 'controllers/podgc/', 'controllers/tainteviction/'],
    pattern: /(?:\breason: (?:[^,}\n']*\? )?|failed\(|shown = [^\n]*\? )'([A-Z]\w+)'(?: : '([A-Z]\w+)')?/g,
    others: [
      'Completed',
      'PodCompleted',
      'PodFailed',
      'KubeletReady',
      'Detected',
      'Image',
      'Created',
      'Started',
      'Evicted',
      'Failed',
      'SufficientPods',
    ],
    reasons: {
      Unschedulable: [
        'requests, ports, node selector or taints do not fit this machine, or not at the moment',
        'the message names what is short: wait, ask for less, or declare more with `jobd up --resource`',
      ],
      ContainerCreating: [
        'the pod is made ready: volumes, and images with Docker',
        'events of the pod say what is waited for',
      ],
      PodInitializing: [
        'init containers run, or one of them is tried again',
        'look at the logs of the init containers',
      ],
      ContainersNotInitialized: ['init containers have not ended', 'look at their logs'],
      ContainersNotReady: [
        'a container does not run or its readiness probe fails',
        'events of the pod have the last answer of the probe',
      ],
      ReadinessGatesNotReady: ['a condition of `spec.readinessGates` is not True', 'whoever is to set it has not'],
      PodOSNotSupported: ['`spec.os` names another system than this node has', 'leave it out, or write `linux`'],
      CreateContainerConfigError: [
        'a ConfigMap, a Secret or a key does not exist, or the host permits no mounts',
        'the message names it; it is tried again by itself',
      ],
      CreateContainerError: [
        'the machine refused to make the container',
        'the message has its words; `jobd doctor` looks at the machine',
      ],
      FailedCreatePodSandBox: [
        'what containers of the pod share could not be made',
        'the message has the words of the machine or of Docker',
      ],
      StartError: [
        'the program does not exist, cannot be executed, or its directory does not exist (exit code 128)',
        'set `command` to a program of this host',
      ],
      Error: [
        'the program ended with an exit code other than 0',
        '`jobd logs job/NAME` has what it wrote, also after the pod is gone',
      ],
      LimitReached: [
        'the container has as many processes and threads as it may have, and was refused more, or was killed for it',
        'look why it makes so many; `jobd up --pod-pids-limit` permits more',
      ],
      OOMKilled: ['the program wanted more memory than its limit', 'raise `resources.limits.memory`'],
      CrashLoopBackOff: [
        'a container that is to run again failed, and is waited for, longer each time',
        'look at its logs with `--previous`',
      ],
      RestartAllContainersStarted: [
        'a container ended in a way for which `restartPolicyRules` restart all of the pod (`AllContainersRestarting`)',
        'nothing: containers that run are ended, then all start anew',
      ],
      RestartingAllContainers: [
        'the container was ended to start anew with all others of the pod, or waits for that (exit code 137)',
        'look with `--previous` at the logs of the container that asked for it',
      ],
      ContainerStatusUnknown: [
        'the supervisor of the container was killed, or the machine went down, and nobody saw how it ended (exit code 137)',
        'nothing: it is never started again; whether the pod is replaced is decided by the rules of the Job for failures',
      ],
      DeadlineExceeded: [
        'the pod ran for longer than its `activeDeadlineSeconds`',
        'raise it, or look why it takes so long',
      ],
      InvalidImageName: ['the image has a name that Docker cannot have', 'correct `image`'],
      ImageInspectError: ['Docker does not say what it knows of the image', 'look whether Docker is well'],
      ErrImageNeverPull: ['the image is not there, and the policy is `Never`', 'pull it, or change `imagePullPolicy`'],
      ErrImagePull: ['the image could not be fetched', 'the message has the words of the registry'],
      ImagePullBackOff: ['the image could not be fetched and will be tried again later', 'as ErrImagePull'],
      InsufficientPods: ['a PodDisruptionBudget permits no disruption now', 'wait until more pods are ready'],
      SyncFailed: ['a PodDisruptionBudget cannot be computed', 'the message says why'],
      DeletionByPodGC: ['the pod was left behind and is cleared away', 'nothing'],
      DeletionByTaintManager: [
        'its node has a `NoExecute` taint that the pod does not tolerate, or not any longer',
        'take the taint off (`kubectl taint nodes NAME KEY-`), or give the pod a toleration',
      ],
    },
  },
  {
    title: 'Runs of CronJobs',
    shown: 'In the column REASON of `kubectl get runs` and `jobd history`.',
    files: ['controllers/cronjob/snapshot.ts', 'controllers/cronjob/runs.ts'],
    pattern: /^ {2}\| '([A-Z]\w+)'$|SkippedReason = '(\w+)' \| '(\w+)'|\breason: '([A-Z]\w+)'/gm,
    others: [],
    reasons: {
      JobAlreadyActive: [
        'the run before was still active, and `concurrencyPolicy` is `Forbid`',
        '`Allow` or `Replace`, or a quicker Job',
      ],
      Suspended: [
        '`spec.suspend` was set; the message says by whom',
        'set it to false: what was due meanwhile is not made up for',
      ],
      Superseded: [
        'nobody looked in time, and a newer time was due as well',
        'nothing; `jobd trigger` starts one by hand',
      ],
      DeadlineExceeded: ['nobody looked within `startingDeadlineSeconds`', 'raise it'],
      TooManyMissedTimes: [
        'more than 100 times in a row were missed',
        '`jobd up --too-many-missed start-latest`, or `jobd trigger`',
      ],
      Edited: ['the CronJob was changed before the controller looked', 'nothing'],
      SameMinute: ['a run of the same minute had been started', 'schedules are by the minute'],
      FailedCreate: [
        'the Job was refused',
        'the message has the words of the API: often a quota or an invalid template',
      ],
      JobDeleted: ['somebody deleted the Job while it ran', '`jobd rerun` starts it again'],
      Replaced: ['a newer run took its place, since `concurrencyPolicy` is `Replace`', '`Forbid` or `Allow`'],
    },
  },
  {
    title: 'Answers of the API',
    shown: 'In the field `reason` of a Status; kubectl prints it as `Error from server (REASON)`.',
    files: ['apimachinery/meta/status.ts'],
    pattern: given,
    others: [],
    reasons: {
      BadRequest: ['the request cannot be understood', 'the message names the place'],
      Unauthorized: [
        'the credentials are wrong or have expired',
        '`jobd env` says where the kubeconfig of the server is',
      ],
      Forbidden: ['RBAC, a quota or an admission plugin says no', 'the message says which, and for whom'],
      NotFound: ['there is no such object or no such resource', '`kubectl api-resources` lists what is served'],
      MethodNotAllowed: ['the resource knows no such verb', 'runs, for example, are only read'],
      NotAcceptable: ['none of the asked formats is spoken', 'ask for JSON, YAML, protobuf or a Table'],
      AlreadyExists: ['the name is taken', 'choose another, or `apply`'],
      Conflict: [
        'somebody else was faster, or another manager owns the field',
        'read it again and repeat; with apply, `--force-conflicts`',
      ],
      Expired: [
        'the asked version is no longer remembered',
        'list again and watch from there; clients do so by themselves',
      ],
      RequestEntityTooLarge: ['the body is over 3 MiB', 'make it smaller'],
      UnsupportedMediaType: ['the format of the body is not spoken', 'name it in Content-Type'],
      Invalid: ['fields have values that are not allowed', 'the message has each field with the reason'],
      TooManyRequests: [
        'the user has too many requests under way, or an eviction must wait',
        'wait as Retry-After says',
      ],
      InternalError: ['a defect of jobd', 'report it with what stands on stderr of the server'],
      Timeout: ['it took longer than the request allowed', 'repeat it'],
      ServiceUnavailable: [
        'the disk is full or read-only, or the server ends',
        'the message says which: free some space; a full disk still takes deletions',
      ],
    },
  },
]

/** What programs that call jobd can rely on. */
export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done; for `jobd run`, every Job completed'],
  ['1', 'failed: one sentence on stderr says what and what to do'],
  ['2', 'wrong use: a command, flag or value that does not exist; nothing was done'],
  ['N', '`jobd run`: that of the container that failed'],
  ['130', '`jobd run`: interrupted; the Jobs are deleted with their pods'],
  ['141', 'whoever reads the output has gone'],
]
