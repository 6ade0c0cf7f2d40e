#!/usr/bin/env bash
# The real programs that the tests run: install them where this user may, else say exactly what is missing.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

have() {
    case $1 in
        mosquitto) [[ -x /usr/sbin/mosquitto ]] || command -v mosquitto ;;
        mosquitto-clients) command -v mosquitto_passwd || command -v mosquitto_pub ;;
        influxdb) command -v influxd ;;
        victoria-metrics) command -v victoria-metrics ;;
        nginx-light) [[ -x /usr/sbin/nginx ]] || command -v nginx ;;
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb ;;
        libfaketime) compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' ;;
        chromium) command -v chromium ;;
        docker-compose) command -v docker-compose ;;
        fonts-noto-cjk) compgen -G '/usr/share/fonts/opentype/noto/NotoSansCJK*' || fc-list | grep -qi cjk ;;
    esac >/dev/null 2>&1
}

missing=()
for part in mosquitto mosquitto-clients influxdb victoria-metrics nginx-light postgresql docker-compose libfaketime chromium fonts-noto-cjk; do
    have "$part" || missing+=("$part")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "installing for the tests: ${missing[*]}" >&2
    apt-get update -qq >&2
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
    exit 0
fi
cat >&2 <<TEXT
The tests run real programs, and these are missing: ${missing[*]}
As root on Debian 12:  apt-get install --no-install-recommends ${missing[*]}
(the demo, "make demo", needs none of them)
TEXT
exit 1
