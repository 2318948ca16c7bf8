<#
.SYNOPSIS
  Installs, upgrades or removes ollama-ts for one user of Windows. Needs no rights of an administrator.

.DESCRIPTION
  Checks the archive against its SHA-256, unpacks it, puts its folder on the user's PATH, and starts the server now and at each logon.
  Running the script again with a newer archive upgrades the program. Models, keys and settings are never touched.

  Every parameter can also be an environment variable, for "irm URL | iex":

    OLLAMA_PACKAGE          -Package
    OLLAMA_PACKAGE_SHA256   -Sha256
    OLLAMA_INSTALL_DIR      -InstallDir
    OLLAMA_NO_START         -NoStart, if it is set
    OLLAMA_UNINSTALL        -Uninstall, if it is 1

.PARAMETER Package
  Path or URL of ollama-windows-amd64.zip. Unless given, the archive in the folder of this script.

.PARAMETER Sha256
  Expected digest of the archive. Unless given, the one in sha256sum.txt in the archive's folder.

.PARAMETER InstallDir
  Folder to install into. Unless given, %LOCALAPPDATA%\Programs\Ollama.

.PARAMETER NoStart
  Start the server neither now nor at logon. An entry for logon that exists stays.

.PARAMETER Uninstall
  Remove the program, its entry in the PATH and the one for logon. Models, keys and settings stay.

.EXAMPLE
  powershell -ExecutionPolicy Bypass -File install.ps1 -Package .\ollama-windows-amd64.zip

.EXAMPLE
  $env:OLLAMA_PACKAGE = 'https://example.com/ollama-windows-amd64.zip'; irm https://example.com/install.ps1 | iex
#>
param(
  [string]$Package = $env:OLLAMA_PACKAGE,
  [string]$Sha256 = $env:OLLAMA_PACKAGE_SHA256,
  [string]$InstallDir = $env:OLLAMA_INSTALL_DIR,
  [switch]$NoStart,
  [switch]$Uninstall
)

function Write-Step([string]$Text) {
  Write-Host ">>> $Text"
}

# Windows PowerShell 5.1 has no variable for this.
function Assert-Windows {
  if ($env:OS -ne 'Windows_NT') {
    throw 'this script is for Windows; scripts/install.sh installs on Linux'
  }
  if ([Environment]::OSVersion.Version.Major -lt 10) {
    throw 'Windows 10 or newer is needed'
  }
  if (-not [Environment]::Is64BitOperatingSystem) {
    throw 'a 64-bit Windows is needed'
  }
}

# The folder in the form in which processes and the PATH name it.
function Resolve-InstallFolder([string]$Folder) {
  if (-not $Folder) {
    $Folder = Join-Path $env:LOCALAPPDATA 'Programs\Ollama'
  }
  $full = $ExecutionContext.SessionState.Path.GetUnresolvedProviderPathFromPSPath($Folder)
  if ($full -eq [System.IO.Path]::GetPathRoot($full)) {
    throw "$full is a drive: name a folder in it"
  }
  return $full.TrimEnd('\')
}

# A folder with files of others is never replaced or removed.
function Assert-OwnFolder([string]$Folder) {
  if (-not (Test-Path -LiteralPath $Folder)) { return }
  if (Test-Path -LiteralPath (Join-Path $Folder $MarkName)) { return }
  if (Test-Path -LiteralPath (Join-Path $Folder 'ollama app.exe')) {
    throw "Ollama itself is in ${Folder}: uninstall it first (its models stay, and are used), or set OLLAMA_INSTALL_DIR"
  }
  if (@(Get-ChildItem -LiteralPath $Folder -Force).Count -gt 0) {
    throw "$Folder has files that this script did not install: set OLLAMA_INSTALL_DIR to another folder"
  }
}

function Save-Url([string]$Url, [string]$Path) {
  # Windows PowerShell 5.1 on an old Windows 10 does not offer TLS 1.2 by itself.
  $tls12 = [System.Net.SecurityProtocolType]::Tls12
  [System.Net.ServicePointManager]::SecurityProtocol = [System.Net.ServicePointManager]::SecurityProtocol -bor $tls12
  Invoke-WebRequest -Uri $Url -OutFile $Path -UseBasicParsing
}

# Downloads or finds the archive. Returns its path and the text of sha256sum.txt, or nothing for it if the digest is known.
function Get-Archive([string]$Source, [string]$Digest, [string]$WorkFolder) {
  if ($Source -match '^https?://') {
    if ($Source -notmatch '^https://' -and -not $Digest) {
      throw "nothing protects a download from ${Source}: use https, or set OLLAMA_PACKAGE_SHA256"
    }
    $address = [Uri]$Source
    $path = Join-Path $WorkFolder ([System.IO.Path]::GetFileName($address.AbsolutePath))
    Write-Step "downloading $Source"
    Save-Url $Source $path
    $sums = ''
    if (-not $Digest) {
      $sumsPath = Join-Path $WorkFolder $SumsName
      Save-Url ([Uri]::new($address, $SumsName)).AbsoluteUri $sumsPath
      $sums = Get-Content -LiteralPath $sumsPath -Raw
    }
    return @{ Path = $path; Sums = $sums }
  }
  if (-not (Test-Path -LiteralPath $Source -PathType Leaf)) {
    throw "there is no archive ${Source}: name it with -Package or OLLAMA_PACKAGE (docs/install.md)"
  }
  $path = (Get-Item -LiteralPath $Source).FullName
  $sumsPath = Join-Path (Split-Path -Parent $path) $SumsName
  $sums = ''
  if (-not $Digest) {
    if (-not (Test-Path -LiteralPath $sumsPath -PathType Leaf)) {
      throw "there is no $SumsName beside ${path}: put it there, or set OLLAMA_PACKAGE_SHA256"
    }
    $sums = Get-Content -LiteralPath $sumsPath -Raw
  }
  return @{ Path = $path; Sums = $sums }
}

# Lines such as "<64 hexadecimal digits>  <file name>".
function Find-Digest([string]$Sums, [string]$Name) {
  foreach ($line in ($Sums -split '\r?\n')) {
    if ($line -match '^([0-9a-fA-F]{64}) [ *](.+)$' -and $Matches[2] -eq $Name) {
      return $Matches[1]
    }
  }
  throw "$SumsName has no line for $Name"
}

function Assert-Digest([string]$Path, [string]$Digest) {
  if ($Digest -notmatch '^[0-9a-fA-F]{64}$') {
    throw "$Digest is not a SHA-256: it has 64 hexadecimal digits"
  }
  $actual = (Get-FileHash -LiteralPath $Path -Algorithm SHA256).Hash
  if ($actual -ne $Digest) {
    throw "$Path is damaged or another file: its SHA-256 is $($actual.ToLower()), not $($Digest.ToLower())"
  }
}

# Refuses names that lead out of the folder, which older versions of .NET would follow.
function Expand-Checked([string]$Archive, [string]$Folder) {
  Add-Type -AssemblyName System.IO.Compression.FileSystem
  $zip = [System.IO.Compression.ZipFile]::OpenRead($Archive)
  try {
    foreach ($entry in $zip.Entries) {
      if ($entry.FullName -match '(^|[\\/])\.\.([\\/]|$)|^[\\/]|:') {
        throw "$Archive has an entry that leads out of its folder: $($entry.FullName)"
      }
    }
  } finally {
    $zip.Dispose()
  }
  [System.IO.Compression.ZipFile]::ExtractToDirectory($Archive, $Folder)
}

# The server, its engines and open prompts: Windows replaces no program that runs.
function Stop-Program([string]$Folder) {
  $running = @(Get-Process -Name ollama -ErrorAction SilentlyContinue | Where-Object {
      $_.Path -and $_.Path.StartsWith("$Folder\", [System.StringComparison]::OrdinalIgnoreCase)
    })
  if ($running.Count -eq 0) { return }
  Write-Step 'stopping the running server'
  $running | Stop-Process -Force -ErrorAction SilentlyContinue
  $running | Wait-Process -Timeout 30 -ErrorAction SilentlyContinue
}

# Puts the new folder in place of the old one, or leaves the old one as it was.
function Move-IntoPlace([string]$Staged, [string]$Folder) {
  $old = "$Folder.old-$([Guid]::NewGuid().ToString('N'))"
  $existed = Test-Path -LiteralPath $Folder
  if ($existed) { Move-Item -LiteralPath $Folder -Destination $old }
  try {
    Move-Item -LiteralPath $Staged -Destination $Folder
  } catch {
    if ($existed) { Move-Item -LiteralPath $old -Destination $Folder }
    throw
  }
  if ($existed) { Remove-Item -LiteralPath $old -Recurse -Force -ErrorAction SilentlyContinue }
}

# What an interrupted run of this script left beside the folder.
function Remove-Leftovers([string]$Folder) {
  $parent = Split-Path -Parent $Folder
  if (-not (Test-Path -LiteralPath $parent)) { return }
  $name = [Regex]::Escape((Split-Path -Leaf $Folder))
  Get-ChildItem -LiteralPath $parent -Directory -Force |
    Where-Object { $_.Name -match "^$name\.(old|new)-[0-9a-f]{32}$" } |
    Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
}

# Adds the folder to the end of the user's PATH, or removes it. Variables in it stay as they are written.
function Set-UserPath([string]$Folder, [bool]$IsPresent) {
  $key = [Microsoft.Win32.Registry]::CurrentUser.CreateSubKey('Environment')
  try {
    $raw = [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames
    $before = [string]$key.GetValue('Path', '', $raw)
    $kind = [Microsoft.Win32.RegistryValueKind]::ExpandString
    if ($key.GetValueNames() -contains 'Path') { $kind = $key.GetValueKind('Path') }
    $folders = @($before -split ';' | Where-Object { $_ })
    $others = @($folders | Where-Object { $_.TrimEnd('\') -ne $Folder })
    $isThere = $others.Count -lt $folders.Count
    if ($isThere -eq $IsPresent) { return }
    if ($IsPresent) { $others += $Folder }
    $key.SetValue('Path', ($others -join ';'), $kind)
  } finally {
    $key.Close()
  }
  # Changing any variable tells running programs, such as the desktop, to read all of them again.
  [Environment]::SetEnvironmentVariable('OLLAMA_INSTALLER', $null, 'User')
}

function Set-SessionPath([string]$Folder) {
  $folders = $env:Path -split ';' | ForEach-Object { $_.TrimEnd('\') }
  if ($folders -notcontains $Folder) { $env:Path = "$env:Path;$Folder" }
}

function Install-Program([string]$Source, [string]$Digest, [string]$Folder, [bool]$IsStarted) {
  $work = Join-Path ([System.IO.Path]::GetTempPath()) "ollama-install-$([Guid]::NewGuid().ToString('N'))"
  $staged = "$Folder.new-$([Guid]::NewGuid().ToString('N'))"
  New-Item -ItemType Directory -Path $work -Force | Out-Null
  try {
    $archive = Get-Archive $Source $Digest $work
    if (-not $Digest) { $Digest = Find-Digest $archive.Sums (Split-Path -Leaf $archive.Path) }
    Assert-Digest $archive.Path $Digest
    Write-Step "installing into $Folder"
    New-Item -ItemType Directory -Path $staged -Force | Out-Null
    Expand-Checked $archive.Path $staged
    $program = Join-Path $staged 'ollama.exe'
    if (-not (Test-Path -LiteralPath $program -PathType Leaf)) {
      throw "$($archive.Path) has no ollama.exe: name ollama-windows-amd64.zip"
    }
    & $program --version | Out-Null
    if ($LASTEXITCODE -ne 0) {
      throw "the program in $($archive.Path) does not start on this machine (exit code $LASTEXITCODE)"
    }
    Set-Content -LiteralPath (Join-Path $staged $MarkName) -Value $Digest.ToLower()
    Stop-Program $Folder
    Move-IntoPlace $staged $Folder
  } finally {
    Remove-Item -LiteralPath $work -Recurse -Force -ErrorAction SilentlyContinue
    Remove-Item -LiteralPath $staged -Recurse -Force -ErrorAction SilentlyContinue
  }
  Set-UserPath $Folder $true
  Set-SessionPath $Folder
  $program = Join-Path $Folder 'ollama.exe'
  if ($IsStarted) {
    foreach ($action in 'on', 'run') {
      & $program autostart $action
      if ($LASTEXITCODE -ne 0) { Write-Warning "the program is installed, but its server is not: run ollama autostart $action" }
    }
  }
  Write-Step 'installed; open a new terminal, and run: ollama run smollm2:135m'
}

function Uninstall-Program([string]$Folder) {
  $run = 'HKCU:\Software\Microsoft\Windows\CurrentVersion\Run'
  Remove-ItemProperty -Path $run -Name 'ollama-ts' -ErrorAction SilentlyContinue
  Stop-Program $Folder
  if (Test-Path -LiteralPath $Folder) { Remove-Item -LiteralPath $Folder -Recurse -Force }
  Set-UserPath $Folder $false
  Write-Step "removed $Folder; models, keys and settings stay in $(Join-Path $env:USERPROFILE '.ollama')"
}

function Invoke-Installer([string]$Source, [string]$Digest, [string]$Folder, [bool]$IsStarted, [bool]$IsRemoved) {
  # Here, so that a terminal that runs this with iex keeps its own.
  $ErrorActionPreference = 'Stop'
  # Windows PowerShell 5.1 downloads ten times slower while it draws a bar.
  $ProgressPreference = 'SilentlyContinue'
  $MarkName = '.ollama-ts'
  $SumsName = 'sha256sum.txt'
  Assert-Windows
  $full = Resolve-InstallFolder $Folder
  Assert-OwnFolder $full
  Remove-Leftovers $full
  if ($IsRemoved) {
    Uninstall-Program $full
    return
  }
  Install-Program $Source $Digest $full $IsStarted
}

if (-not $Package -and $PSScriptRoot) {
  $Package = Join-Path $PSScriptRoot 'ollama-windows-amd64.zip'
}
if (-not $Package) {
  $Package = 'ollama-windows-amd64.zip'
}
$isStarted = -not ($NoStart -or $env:OLLAMA_NO_START)
$isRemoved = [bool]$Uninstall -or $env:OLLAMA_UNINSTALL -eq '1'
Invoke-Installer $Package $Sha256 $InstallDir $isStarted $isRemoved
