# Ends the script with status 69 when a program is missing, and says what to install.
#
# demand PROGRAM PACKAGE [PROGRAM PACKAGE]...
demand() {
    missing=''
    packages=''
    while [ $# -gt 1 ]; do
        if ! command -v "$1" >/dev/null 2>&1; then
            missing="$missing $1"
            packages="$packages $2"
        fi
        shift 2
    done
    if [ -n "$missing" ]; then
        printf '%s: missing:%s\n  on Debian: apt-get install%s\n' "$0" "$missing" "$packages" >&2
        exit 69
    fi
}
