# Starts the development services on Windows: npm run kafka:start:windows
#
# This script has not been run on a Windows machine. It makes the same choice as
# `node tools/broker/cli.mjs start`, which does the work: Docker Compose when a container engine runs,
# else a local Apache Kafka 4 broker on the JVM. What it adds is looking for the requirements the way a
# Windows user would install them, and saying what is missing before anything is started.

$ErrorActionPreference = 'Stop'
$cli = Join-Path $PSScriptRoot 'cli.mjs'

function Test-Works([string] $Command, [string[]] $Arguments) {
    if (-not (Get-Command $Command -ErrorAction SilentlyContinue)) { return $false }
    # A program that writes to stderr is not an error here; only its exit code counts.
    $previous = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    try {
        & $Command @Arguments *> $null
        return $LASTEXITCODE -eq 0
    } finally {
        $ErrorActionPreference = $previous
    }
}

if (-not (Test-Works 'node' @('--version'))) {
    Write-Host 'Node.js 18 or newer is needed: winget install OpenJS.NodeJS.LTS'
    exit 1
}

$engine = $env:KAFKA4_BROKER_ENGINE
if (-not $engine) {
    $docker = (Test-Works 'docker' @('info')) -and (Test-Works 'docker' @('compose', 'version'))
    $podman = (Test-Works 'podman' @('info')) -and (Test-Works 'podman' @('compose', 'version'))
    if ($docker -or $podman) { $engine = 'compose' } else { $engine = 'jvm' }
}

if ($engine -eq 'jvm') {
    Write-Host 'No container engine runs: using a local broker on the JVM.'
    $hasJava = $env:JAVA_HOME -or (Test-Works 'java' @('-version'))
    if (-not $hasJava) {
        Write-Host 'No Java was found. Do one of these:'
        Write-Host '  winget install EclipseAdoptium.Temurin.21.JDK   and open a new terminal'
        Write-Host '  start Docker Desktop'
        Write-Host '  set KAFKA_BROKER=embedded: a broker inside your own process'
        exit 1
    }
}

$env:KAFKA4_BROKER_ENGINE = $engine
& node $cli start
exit $LASTEXITCODE
