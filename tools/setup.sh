# Sourced by ./run and ./test: a virtual environment with what the lock file says, and the package in it.
# setup LOCK: installs requirements/LOCK.txt; a second call with nothing changed does nothing.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$here/.venv
python=$venv/bin/python
# Images often set it for their build: then each process compiles what it imports, 3 s of CPU for one of ours.
unset PYTHONDONTWRITEBYTECODE

# A distribution builds its Python with profile-guided optimisation, which a build of one's own often lacks: for a
# quarter more CPU a message. So /usr/bin comes before what PATH says, if it can make environments.
find_python() {
  for candidate in /usr/bin/python3.{11..14} python3.{11..14} python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"; return
    fi
  done
  echo "Python 3.11 or newer with its venv module is needed and was not found." >&2; return 1
}

find_uv() {
  if command -v uv >/dev/null; then command -v uv; return; fi
  if [ ! -x "$venv/bin/uv" ]; then "$python" -m pip install --quiet --disable-pip-version-check uv >&2; fi
  echo "$venv/bin/uv"
}

setup() {
  local lock=$here/requirements/$1.txt want have=""
  want=$(cat "$lock" "$here/pyproject.toml" "$here/hatch_build.py" "$here/package-lock.json" "$here/src/hongyan/console/static/console/icons.txt" | sha256sum | cut -c1-40)
  [ -f "$venv/hongyan-$1" ] && have=$(cat "$venv/hongyan-$1")
  if [ ! -x "$python" ]; then
    echo "· Python environment in .venv"
    local base; base=$(find_python) || return 1
    "$base" -m venv "$venv"
  fi
  if [ "$want" != "$have" ] || [ ! -f "$here/src/hongyan/console/static/vendor/stamp" ]; then
    local uv; uv=$(find_uv)
    echo "· Python packages ($(grep -c '^[a-z]' "$lock"), checked by hash)"
    "$uv" pip install --quiet --python "$python" --require-hashes -r "$lock"
    echo "· Hongyan itself, front-end parts and message catalogues"
    "$uv" pip install --quiet --python "$python" --no-deps --reinstall-package hongyan -e "$here"
    echo "$want" >"$venv/hongyan-$1"
  fi
  # Catalogues change without the lock changing; compiling them takes a moment only when one is newer.
  if [ -n "$(find "$here/src" -name '*.po' -newer "$venv/hongyan-$1" -print -quit)" ] || [ -z "$(find "$here/src" -name '*.mo' -print -quit)" ]; then
    "$python" -m hongyan.catalogues && touch "$venv/hongyan-$1"
  fi
}
