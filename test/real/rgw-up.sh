#!/usr/bin/env bash
# A single-node Ceph (mon, one osd, optionally mgr) with its S3 gateway on 127.0.0.1:$RGW_PORT, for tests.
# All its state is under $RGW_DIR; nothing outside is touched. Stop it with rgw-down.sh (same RGW_DIR).
#
#   rgw-up.sh         returns when the gateway answers
#   rgw-up.sh --hold  stays; stops everything when its standard input ends, so that nothing is left
#                     behind when whoever started it dies (test/real/rgw.ts does this)
#
# RGW_DIR RGW_PORT RGW_MON_PORT (and the port after it) RGW_ACCESS RGW_SECRET RGW_ACCESS2 RGW_SECRET2
# RGW_STORE=memstore|bluestore RGW_OSD_MB RGW_MGR=0|1 RGW_THREADS RGW_SHARDS RGW_CLASSES
# RGW_STS=true|false: with STS, wrong secrets and unknown keys both answer AccessDenied; without, each
# has its own code, and there is no AssumeRole.
set -euo pipefail
DIR=$(realpath -m "${RGW_DIR:-$(dirname "$(mktemp -u)")/bucket-brigade-rgw}")
PORT=${RGW_PORT:-7480}
ACCESS=${RGW_ACCESS:-RGWTESTACCESSKEY0001}
SECRET=${RGW_SECRET:-rgwtestsecretkey00000000000000000000001}
ACCESS2=${RGW_ACCESS2:-RGWTESTACCESSKEY0002}
SECRET2=${RGW_SECRET2:-rgwtestsecretkey00000000000000000000002}
STORE=${RGW_STORE:-memstore}
OSD_MB=${RGW_OSD_MB:-2048}
MGR=${RGW_MGR:-0}
SHARDS=${RGW_SHARDS:-11}
THREADS=${RGW_THREADS:-64}
MON_PORT=${RGW_MON_PORT:-16789}
CLASSES=${RGW_CLASSES-STANDARD_IA ONEZONE_IA INTELLIGENT_TIERING REDUCED_REDUNDANCY GLACIER_IR GLACIER DEEP_ARCHIVE}
STS=${RGW_STS:-true}
STS_KEY=${RGW_STS_KEY:-abcdefghijklmnop}       # must be 16 chars
t0=$(date +%s%N); ms(){ echo $(( ($(date +%s%N)-t0)/1000000 )); }
step(){ echo "[$(ms) ms] $*"; }

here=$(dirname "$(realpath "$0")")
export PATH=$PATH:/usr/sbin:/sbin
for program in ceph ceph-authtool ceph-mon ceph-osd monmaptool radosgw radosgw-admin curl python3; do
  command -v "$program" >/dev/null && continue
  echo "$program is missing: apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common curl python3" >&2
  exit 3
done

trap 'echo "rgw-up.sh failed at line $LINENO; logs in $DIR/log, clean up with RGW_DIR=$DIR rgw-down.sh" >&2' ERR
if [ -e "$DIR/pids" ]; then echo "already up? ($DIR/pids exists) - run rgw-down.sh first" >&2; exit 1; fi
for p in $PORT $MON_PORT; do if (exec 3<>/dev/tcp/127.0.0.1/$p) 2>/dev/null; then echo "port $p is in use" >&2; exit 1; fi; done
if [ "${1:-}" = --hold ]; then
  # A signal to the whole group (Ctrl-C) also reaches the tests, which then end our input.
  trap '' INT PIPE
  # Whoever would read our output may be dead: writing to it must not end the cleaning up.
  trap '[ $? -eq 0 ] || tail -n 5 "$DIR"/log/* >&2 || true; RGW_DIR=$DIR "$here/rgw-down.sh" >/dev/null 2>&1' EXIT
fi
mkdir -p "$DIR"/{run,log,mon,mgr,osd,rgw}
FSID=$(cat /proc/sys/kernel/random/uuid)
CONF=$DIR/ceph.conf
cat > "$CONF" <<C
[global]
fsid = $FSID
mon host = [v2:127.0.0.1:$((MON_PORT+1)),v1:127.0.0.1:$MON_PORT]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
auth cluster required = none
auth service required = none
auth client required = none
keyring = $DIR/keyring
run dir = $DIR/run
pid file = $DIR/run/\$type.\$id.pid
admin socket = $DIR/run/\$type.\$id.asok
crash dir = $DIR/log
log file = $DIR/log/\$type.\$id.log
log to stderr = false
err to stderr = false
debug ms = 0
ms bind ipv6 = false
ms mon client mode = crc
ms mon service mode = crc
ms mon cluster mode = crc
ms cluster mode = crc
ms service mode = crc
ms client mode = crc
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon allow pool delete = true
mon max pg per osd = 2000
mon warn on pool no redundancy = false
mon osd full ratio = .99
mon osd nearfull ratio = .98
mon osd backfillfull ratio = .985
osd failsafe full ratio = .995
mon data avail warn = 1
mon data avail crit = 1
paxos propose interval = 0.05
# no debug logging / in-memory log ring (CPU), small pg logs (RAM: osd grows without bound for a long time otherwise)
debug none = 0/0
debug rgw = 0/0
debug osd = 0/0
debug bluestore = 0/0
debug bluefs = 0/0
debug bdev = 0/0
debug rocksdb = 0/0
debug memdb = 0/0
debug objecter = 0/0
debug objclass = 0/0
debug rados = 0/0
debug monc = 0/0
debug auth = 0/0
debug filestore = 0/0
debug journal = 0/0
debug optracker = 0/0
debug throttle = 0/0
debug tp = 0/0
osd enable op tracker = false
osd min pg log entries = 50
osd max pg log entries = 100
osd pg log dups tracked = 100
osd pg log trim min = 25
osd scrub begin hour = 0
osd scrub end hour = 0
osd scrub min interval = 2592000
osd scrub max interval = 2592000
osd deep scrub interval = 2592000
[mon.a]
mon data = $DIR/mon
mon memory target = 268435456
[mgr.x]
mgr data = $DIR/mgr
mgr module path = /usr/share/ceph/mgr
mgr initial modules =
[osd.0]
osd data = $DIR/osd
osd objectstore = $STORE
osd journal = $DIR/osd/journal
memstore device bytes = $((OSD_MB*1024*1024))
bluestore block size = $((OSD_MB*1024*1024))
bluestore block create = true
bluestore fsck on mount = false
osd memory target = 939524096
osd op num shards = 2
osd class load list = *
osd class default list = *
[client.rgw]
rgw data = $DIR/rgw
rgw frontends = beast endpoint=127.0.0.1:$PORT
rgw thread pool size = $THREADS
rgw enable ops log = false
rgw enable usage log = false
rgw num rados handles = 1
rgw rados pool pg num min = 8
rgw gc max objs = 8
rgw lc max objs = 8
rgw override bucket index max shards = $SHARDS
rgw dynamic resharding = false
rgw run sync thread = false
rgw cache enabled = true
rgw s3 auth use sts = $STS
rgw sts key = $STS_KEY
rgw sts min session duration = ${RGW_STS_SECONDS_MIN:-900}
rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = testkey-1=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo= 
# lifecycle day = N seconds (uncomment to make expiry/transition fast)
# rgw lc debug interval = 10
C
# mon
ceph-authtool -c "$CONF" --create-keyring "$DIR/keyring" --gen-key -n mon. --cap mon 'allow *' >/dev/null 2>&1
ceph-authtool "$DIR/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' --cap mds 'allow *' >/dev/null 2>&1
ceph-authtool "$DIR/keyring" --gen-key -n client.rgw --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' >/dev/null 2>&1
ceph-authtool "$DIR/keyring" --gen-key -n mgr.x --cap mon 'allow *' --cap osd 'allow *' >/dev/null 2>&1
ceph-authtool "$DIR/keyring" --gen-key -n osd.0 --cap mon 'allow *' --cap osd 'allow *' >/dev/null 2>&1
monmaptool --create --clobber --fsid "$FSID" --addv a "[v2:127.0.0.1:$((MON_PORT+1)),v1:127.0.0.1:$MON_PORT]" "$DIR/monmap" >/dev/null
ceph-mon -c "$CONF" -i a --mkfs --monmap "$DIR/monmap" --keyring "$DIR/keyring" >/dev/null
: > "$DIR/pids"
start(){ local name=$1; shift; setsid "$@" >>"$DIR/log/$name.out" 2>&1 < /dev/null & echo "$name $!" >> "$DIR/pids"; }
start mon ceph-mon -c "$CONF" -i a -f
CEPH="ceph -c $CONF --connect-timeout 30"
for i in $(seq 100); do [ -S "$DIR/run/mon.a.asok" ] && break; sleep 0.05; done
step "mon up"
# osd
OSD_UUID=$(cat /proc/sys/kernel/random/uuid)
$CEPH osd new "$OSD_UUID" 0 >/dev/null 2>&1
step "osd id allocated"
ceph-osd -c "$CONF" -i 0 --mkfs --osd-uuid "$OSD_UUID" --monmap "$DIR/monmap" --no-mon-config >"$DIR/log/osd-mkfs.out" 2>&1
[ "$MGR" = 1 ] && start mgr ceph-mgr -c "$CONF" -i x -f
start osd ceph-osd -c "$CONF" -i 0 -f
step "osd mkfs done, osd starting ($STORE)"
RADMIN="radosgw-admin -c $CONF -n client.rgw"
$RADMIN user create --uid test --display-name test --access-key "$ACCESS" --secret "$SECRET" --email test@example.com \
  --caps 'users=*;buckets=*;metadata=*;usage=*;zone=*;roles=*;user-policy=*' >/dev/null 2>>"$DIR/log/radmin.out"
step "pools + user created"
[ -n "$ACCESS2" ] && $RADMIN user create --uid test2 --display-name test2 --access-key "$ACCESS2" --secret "$SECRET2" --email test2@example.com --caps 'roles=*' >/dev/null 2>>"$DIR/log/radmin.out"
if [ -n "$CLASSES" ]; then   # extra storage classes, all in the same data pool
  $RADMIN zonegroup get 2>/dev/null | python3 -c 'import json,sys;d=json.load(sys.stdin);d["placement_targets"][0]["storage_classes"]=["STANDARD"]+sys.argv[1].split();json.dump(d,sys.stdout)' "$CLASSES" > "$DIR/zg.json"
  $RADMIN zonegroup set --infile "$DIR/zg.json" >/dev/null 2>>"$DIR/log/radmin.out"
  $RADMIN zone get 2>/dev/null | python3 -c 'import json,sys;d=json.load(sys.stdin);sc=d["placement_pools"][0]["val"]["storage_classes"];[sc.__setitem__(k,{"data_pool":sc["STANDARD"]["data_pool"]}) for k in sys.argv[1].split()];json.dump(d,sys.stdout)' "$CLASSES" > "$DIR/zone.json"
  $RADMIN zone set --infile "$DIR/zone.json" >/dev/null 2>>"$DIR/log/radmin.out"
  step "storage classes: $CLASSES"
fi
start rgw radosgw -c "$CONF" -n client.rgw -f
code=000
for i in $(seq 600); do
  code=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/" || true)
  [ "$code" = 200 ] && break; kill -0 "$(awk '$1=="rgw"{print $2}' "$DIR/pids")" 2>/dev/null || break; sleep 0.05
done
[ "$code" = 200 ] || { echo "radosgw did not answer; see $DIR/log" >&2; exit 1; }
step "READY: rgw answers on 127.0.0.1:$PORT"
cat > "$DIR/env" <<E
export S3_ENDPOINT=http://127.0.0.1:$PORT AWS_ACCESS_KEY_ID=$ACCESS AWS_SECRET_ACCESS_KEY=$SECRET AWS_DEFAULT_REGION=us-east-1
E
while read -r n p; do printf '%-4s pid %-7s rss %s MB\n' "$n" "$p" "$(( $(awk '/VmRSS/{print $2}' /proc/$p/status) / 1024 ))"; done < "$DIR/pids"
if [ "${1:-}" = --hold ]; then
  echo HOLDING
  cat >/dev/null
fi
