#!/bin/sh
# Tries the Jobs of this folder on a server of its own, which is gone at the end. Ends with what the Job ends with.
set -eu
work=$(mktemp -d)
export JOBD_DATA_DIR="$work/data" KUBECONFIG="$work/data/kubeconfig"

# Pods outlive a server: their Jobs go first.
finish() {
  kubectl delete cronjobs,jobs --all --cascade=foreground >/dev/null 2>&1 || true
  jobd down 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# The line that `up` prints when it serves is waited for; where it cannot, it says why and there is none.
mkfifo "$work/ready"
jobd up --listen 127.0.0.1:0 >"$work/ready" &
read -r _ <"$work/ready"

kubectl apply -f examples/ci/config.yaml -f examples/ci/migrate.yaml
code=0
jobd wait job/migrate --timeout 10m || code=$?
jobd logs job/migrate

# A CronJob is applied, and its Job run once without waiting for the night.
kubectl apply -f examples/ci/report.yaml
jobd trigger cronjob/report || code=$?

exit "$code"
