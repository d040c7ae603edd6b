#!/bin/sh
# Both steps of the migration on values.yaml in the current folder, and the way back. Needs no cluster.
# Usage: demo.sh TOOL, where TOOL is the path of kubectl-istio_migrate.
set -eu
tool=$1
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold='\033[1m' plain='\033[0m'; else bold='' plain=''; fi

chapter() { printf "\n${bold}== %s${plain}\n\n" "$1"; }
show() {
  printf "${bold}\$ kubectl istio-migrate %s${plain}\n" "$*"
  "$tool" "$@" 2>&1
}

cp values.yaml before.yaml
chapter 'Where are we? The operator runs the mesh.'
show status -f values.yaml
chapter 'Step 1: istiod and the CRDs come from Helm. Only the switches change, every other byte stays.'
show step1 -f values.yaml --yes
chapter 'The new gateways: do their values mean the same listeners as the old ones?'
show convert -f values.yaml --verify
chapter 'Step 2: the operator goes, the new gateways come.'
show step2 -f values.yaml --yes
chapter 'Where are we now, and what was done?'
show status -f values.yaml
printf '\n'
show journal -f values.yaml
chapter 'And the way back.'
show rollback -f values.yaml --yes
cmp before.yaml values.yaml
rm before.yaml
printf '\nvalues.yaml is again what it was, byte for byte.\n'
