/**
 * The spawner: one small shell that reads a line per container and forks a supervising shell for each.
 *
 * Forking a shell of 1 MB costs a fraction of what forking Node does, and the supervisors need nothing of ours to go on:
 * they hold no pipe to the daemon, live in the spawner's own session, and leave what they learn in files.
 *
 * At first it prepares the mount namespace it is in and says `T ok` or `T none`.
 *
 * Lines: `n <id>` runs in new PID and mount namespaces with `<id>.d` as working directory of the first process, `N <id>` the
 * same with the directory of the pod, `p <id>` as a plain session, an empty line reaps ended
 * supervisors. On end of input the spawner ends; its supervisors run on.
 *
 * A supervisor claims its run by creating `<id>.claim` (O_EXCL, so that one key never runs twice), runs `<id>.run`, waits,
 * and sees to it that nothing is left and `<id>.exit` is written. In namespaces the first process inside writes that file
 * itself; when it could not, it was killed, and the rest of the namespace with it. It tells the daemon by lines appended to `events`:
 * `S <id>` before the command is executed, `E <id>` after the exit file was written.
 */
/** Bytes of the exit record that are written at the start, so that a disk which is full at the end takes nobody's exit status. */
const RESERVED = 255

export type SpawnerTools = {
  readonly shell: string
  /** The absolute path of `unshare` and the flags for a namespaced run; absent where namespaces are not permitted. */
  readonly unshare?: string | undefined
  /** Sets up the mount namespace that runs start from; absent where there is none. */
  readonly template?: string | undefined
}

/** The text that `sh -c` gets; its arguments are the directories of the runs, on disk and in memory. */
export const spawnerScript = ({ shell, unshare, template }: SpawnerTools): string => `
umask 077
if ( ${template ?? 'false'} ) >&2; then template=ok; else template=none; fi
cd "$1" || exit 1
exec 3>>events
printf 'T %s\\n' "$template" >&3
IFS= read -r boot </proc/sys/kernel/random/boot_id
root=$1
scratch=$2
supervise() {
  IFS= read -r stat </proc/self/stat
  set -C
  { printf '%s\\n%s\\n' "$stat" "$1 $boot" >"$2.claim"; } 2>/dev/null || exit 0
  set +C
  printf '%${RESERVED}s\\n' '' >"$2.exit"
  case $1 in
    n) ( cd "$scratch/$2.d" && exec ${unshare ?? 'false'} ${shell} "$scratch/$2.run" ) </dev/null & ;;
    N) ( cd "$scratch/\${2%/*}" && exec ${unshare ?? 'false'} ${shell} "$scratch/$2.run" ) </dev/null & ;;
    *) ( . "$scratch/$2.run" ) </dev/null & ;;
  esac
  wait $!
  code=$?
  case $1 in p) kill -s KILL -- "-$!" 2>/dev/null ;; esac
  said=
  IFS= read -r said <"$2.exit"
  case $said in [0-9]*) ;; *)
    why=
    case $code in
      125|126|127) if [ -e "$2.fail" ]; then IFS= read -r why <"$2.fail"; fi ;;
      *) case $1 in n|N) code=137 ;; esac ;;
    esac
    printf '%s %s\\n' "$code" "$why" 1<>"$2.exit" ;;
  esac
  printf 'E %s\\n' "$2" >&3
}
count=0
while IFS= read -r line; do
  case $line in
    '') jobs >/dev/null; continue ;;
  esac
  ( supervise "\${line%% *}" "\${line#* }" ) </dev/null &
  count=$((count + 1))
  case $count in
    64) jobs >/dev/null; count=0 ;;
  esac
done
`
