/**
 * What makes containers real: the contract of the process and Docker runtimes, which know no API objects beyond
 * the pod they are given. All state of a runtime survives it: after a restart `observe` tells what runs and what ended.
 */
import type { Instant, Result } from '../../base/index.ts'

/** One run of one container: a restart is a new run with the next attempt number. */
export type ContainerKey = { readonly podUid: string; readonly container: string; readonly attempt: number }

/** A volume as the runtime mounts it: the source is a path of the host that the agent has made ready. */
export type Mount = {
  readonly source: string
  readonly target: string
  readonly readOnly: boolean
}

/** A volume of a pod in memory. */
export type MemoryVolume = { readonly podUid: string; readonly volume: string; readonly bytes: number }

/** How names are resolved in a pod; what is empty is left to the runtime. */
export type PodDns = {
  /** Addresses of name servers. */
  readonly nameservers: readonly string[]
  /** Domains in which short names are looked for; undefined for those of the host. */
  readonly searches: readonly string[] | undefined
  /** As in resolv.conf: `ndots:5`. */
  readonly options: readonly string[]
}

/** Names for an address. */
export type HostAlias = { readonly ip: string; readonly hostnames: readonly string[] }

/** What the containers of a pod share, made ready before the first of them starts. */
export type PodSandbox = {
  readonly podUid: string
  readonly namespace: string
  readonly name: string
  readonly hostname: string
  /** The domain of a pod with a subdomain, which makes its hostname a full name. */
  readonly domain?: string | undefined
  readonly dns: PodDns
  /** More names for addresses. */
  readonly hostAliases: readonly HostAlias[]
  /** Names of Services and of other pods, for runtimes whose pods have no name server that knows them. */
  readonly peers: readonly HostAlias[]
  /** Names under which other pods find this one, fully qualified. */
  readonly names: readonly string[]
  /** The pod has one container, which runs once: nothing has to outlive it. */
  readonly isSingle: boolean
  readonly network: 'Pod' | 'Host'
  readonly ipc: 'Pod' | 'Host'
  readonly processes: 'Container' | 'Pod' | 'Host'
}

/** What a container may do beyond what every program may, or less than that. */
export type Security = {
  readonly privileged: boolean
  readonly readOnlyRoot: boolean
  readonly noNewPrivileges: boolean
  readonly addCapabilities: readonly string[]
  readonly dropCapabilities: readonly string[]
  /** No filter of system calls. */
  readonly isUnconfined: boolean
}

/** `ReadOnlyIfPossible` where the host permits it: a container that must not write does not start elsewhere. */
export type HostFiles = 'Writable' | 'ReadOnlyIfPossible' | 'ReadOnly'

export type HostFilesProtection =
  | { readonly isPossible: true }
  /** A part of a sentence. */
  | { readonly isPossible: false; readonly because: string }

/** Everything a runtime needs to start a container: all references are resolved, all variables expanded. */
export type ContainerConfig = {
  readonly key: ContainerKey
  readonly pod: { readonly namespace: string; readonly name: string; readonly hostname: string }
  readonly image: string
  /** The directory that is the container's root; what the runtime makes of the image when absent. */
  readonly root?: string | undefined
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** `command` holds arguments only, or nothing: the program is the image's, where there is one. */
  readonly isProgramOfImage?: boolean | undefined
  /** Input is kept open for those who attach. */
  readonly stdin?: boolean | undefined
  /** The input ends when the first who attached has gone. */
  readonly stdinOnce?: boolean | undefined
  readonly tty?: boolean | undefined
  readonly security?: Security | undefined
  /**
   * What the container may do with files of the host that are not its volumes, where it sees any; `Writable` when absent.
   * Where it may only read them, `/tmp` and `/var/tmp` are its own, unless its root is to be read-only too.
   */
  readonly hostFiles?: HostFiles | undefined
  readonly env: Readonly<Record<string, string>>
  readonly workingDir?: string | undefined
  readonly mounts: readonly Mount[]
  readonly runAs?:
    | {
        readonly uid?: number | undefined
        readonly gid?: number | undefined
        readonly groups?: readonly number[] | undefined
        /** Refuse to start as root. */
        readonly nonRoot?: boolean | undefined
      }
    | undefined
  readonly limits: {
    readonly cpuMillis?: number | undefined
    readonly memoryBytes?: number | undefined
    readonly pids?: number | undefined
  }
  readonly terminationMessagePath?: string | undefined
}

export type Exit = {
  /** 0…255; 128 + signal when a signal ended it. */
  readonly exitCode: number
  readonly signal?: number | undefined
  readonly reason: 'Completed' | 'Error' | 'OOMKilled' | 'StartError' | 'ContainerStatusUnknown'
  readonly message?: string | undefined
  readonly startedAt: Instant
  readonly finishedAt: Instant
}

export type ContainerState =
  | { readonly kind: 'Running'; readonly startedAt: Instant; readonly pid?: number | undefined }
  | { readonly kind: 'Exited'; readonly exit: Exit }

export type Observed = {
  readonly key: ContainerKey
  readonly id: string
  readonly state: ContainerState
  /** The image that runs, by its content; absent where the runtime has no images of its own. */
  readonly imageId?: string | undefined
  /** What its pod is to be told, such as a limit that it has reached; a sentence. */
  readonly trouble?: string | undefined
}

/** Why a container could not be started; told on the pod in these words. */
export type StartFailure = {
  readonly reason:
    | 'CreateContainerConfigError'
    | 'CreateContainerError'
    | 'FailedCreatePodSandBox'
    | 'ErrImagePull'
    | 'InvalidImageName'
    | 'ErrImageNeverPull'
    | 'ImageInspectError'
    | 'ImagePullBackOff'
    | 'StartError'
  readonly message: string
}

/** Who a registry is asked as. */
export type RegistryCredential = {
  readonly registry: string
  readonly username: string
  readonly password: string
  readonly identityToken?: string | undefined
}

/** An image that is a directory, and what it says of the containers that are made from it. */
export type ImageConfig = {
  readonly root: string
  /** The program where a container names none, and its arguments where it gives none. */
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir?: string | undefined
}

/** `config` is absent where the runtime itself knows what the image says. */
export type FoundImage = { readonly id: string; readonly config?: ImageConfig | undefined }

/** The images of a runtime that has some. Failures are sentences. */
export type ImageService = {
  /** Undefined for an image that is not there. */
  readonly find: (image: string) => Promise<Result<FoundImage | undefined, string>>
  /** What is there stays as it is: no policy has it pulled again. */
  readonly isFixed?: boolean | undefined
  /** Why an image that is not there will never be, where that is so. */
  readonly refusal?: ((image: string) => string) | undefined
  /** Pulls with each of the credentials in turn until one will do, without any when there are none. */
  readonly pull: (
    image: string,
    credentials: readonly RegistryCredential[],
  ) => Promise<Result<{ readonly bytes: number }, string>>
}

/** `SIGTERM` and the like. */
export type Signal = `SIG${string}`

/** A command to run inside a container besides its main process. */
export type ExecSpec = {
  readonly command: readonly string[]
  /** Bytes will be written to it; without, it reads nothing. */
  readonly stdin: boolean
  readonly tty: boolean
}
/** How a command ended, or why it could not be run. */
export type ExecEnd =
  | { readonly kind: 'Exited'; readonly exitCode: number }
  | { readonly kind: 'Failed'; readonly message: string }
/** What a command says. A call that answers false asks to wait until `resume` of the handle is called. */
export type ExecOutput = {
  readonly stdout: (bytes: Uint8Array) => boolean
  readonly stderr: (bytes: Uint8Array) => boolean
  /** Called once, after all output. */
  readonly end: (end: ExecEnd) => void
}
export type ExecHandle = {
  /** `taken` is called when the command, or nobody any more, will take further bytes. */
  readonly write: (bytes: Uint8Array, taken: () => void) => void
  readonly endStdin: () => void
  readonly resize: (size: { readonly width: number; readonly height: number }) => void
  readonly resume: () => void
  /** Ends the command and what it has started, if it still runs. */
  readonly close: () => void
}

/** The input of a container's main process, for one client that is attached. */
export type ContainerInput = Pick<ExecHandle, 'write' | 'endStdin' | 'resize' | 'close'>

/** A connection to a port, whose two ways end one by one: a socket, as far as it is used. */
export type PortConnection = {
  readonly on: ((event: 'data', take: (bytes: Uint8Array) => void) => unknown) &
    ((event: 'end' | 'error' | 'close', told: () => void) => unknown)
  readonly write: (bytes: Uint8Array, taken: () => void) => unknown
  readonly end: () => unknown
  readonly destroy: () => unknown
  readonly pause: () => unknown
  readonly resume: () => unknown
}

/**
 * Who keeps containers within their limits on this host: the kernel, a look now and then that ends those who go beyond, or
 * nobody.
 */
export type Limiting = Readonly<Record<'cpu' | 'memory' | 'pids', 'kernel' | 'watchdog' | 'nobody'>>

export type Runtime = {
  /** `process`, `docker`; shown in node status. */
  readonly name: string
  readonly version: string
  /** Pods share the network of the host, and so its addresses. */
  readonly isOnHost: boolean
  readonly limiting: () => Limiting
  /** Whether files of the host can be kept from being written to; absent where containers see none. */
  readonly hostFiles?: (() => Promise<HostFilesProtection>) | undefined
  /** Absent where containers run programs of the host. */
  readonly images?: ImageService | undefined
  /** A private directory for what may be lost with a reboot; in memory where the host has such a place. */
  readonly volatileDir: string
  /**
   * Makes a volume that lies in memory and holds no more than so many bytes, unless it is there, and answers its path. It
   * goes when the pod is released or removed. Undefined where this host does not permit it.
   */
  readonly memoryVolume?: ((volume: MemoryVolume) => Promise<string | undefined>) | undefined
  /** Whether this runtime can mount volumes on this host; a pod that needs none runs all the same. */
  readonly canMount: () => Promise<boolean>
  /**
   * Makes ready what the containers of a pod share. Asked before each start, and when names of others have changed, and does
   * what is missing; fails with a sentence.
   */
  readonly preparePod: (pod: PodSandbox) => Promise<Result<undefined, string>>
  /** The address of a pod whose sandbox is ready or whose single container has started; undefined before, and for unknown pods. */
  readonly addressOf: (podUid: string) => string | undefined
  /**
   * Starts one run and answers once it runs or has already ended. Calling it twice with one key starts it once. A command
   * that cannot be executed is a run that ended with `StartError`; a failure here means that there was no run at all.
   */
  readonly start: (config: ContainerConfig) => Promise<Result<Observed, StartFailure>>
  /** Sends a signal to the container's main process, SIGKILL to its whole tree. Absent ones are no error. */
  readonly signal: (key: ContainerKey, signal: Signal) => Promise<void>
  /** The pods of which this runtime has anything. */
  readonly podUids: () => Promise<readonly string[]>
  /** Runs a command in a running container; fails with a sentence when there is none to run it in. */
  readonly exec: (key: ContainerKey, spec: ExecSpec, output: ExecOutput) => Promise<Result<ExecHandle, string>>
  /** The input of a container that runs; undefined for one that has none, or none any more. */
  readonly openInput: (key: ContainerKey) => Promise<ContainerInput | undefined>
  /**
   * Connects to a port on which a pod listens for itself only; absent where the pods' addresses lead there. Fails with a
   * sentence.
   */
  readonly dial?: ((podUid: string, port: number) => Promise<Result<PortConnection, string>>) | undefined
  /** Everything this runtime has of one pod, running and ended. Later changes of it come by `onChange`. */
  readonly observe: (podUid: string) => Promise<readonly Observed[]>
  /** Calls back on each start and exit of runs started or observed here. */
  readonly onChange: (callback: (observed: Observed) => void) => () => void
  /**
   * Ends what still runs of the pod and removes every trace of it. `beforeFiles` is called when nothing runs any more
   * and the logs are still there.
   */
  readonly remove: (podUid: string, beforeFiles?: () => Promise<void>) => Promise<void>
  /** The pod is over and will not be asked for again: lets go of everything but its logs. */
  readonly release: (podUid: string) => Promise<void>
  /** Forgets an ended run that is older than those shown in a status, with its log. */
  readonly removeRun: (key: ContainerKey) => Promise<void>
  /** The log file of a run: stdout and stderr as written, in one file. */
  readonly logPath: (key: ContainerKey) => string
  /** The file of a run's last word, if the program has left one. */
  readonly messagePath: (key: ContainerKey) => string
  /** Lets go of watchers and helpers. Containers run on. */
  readonly close: () => Promise<void>
}
