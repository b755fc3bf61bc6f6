<?php
// What a tenant with full code execution tries. One question per request, the answer as JSON.
error_reporting(0);
$of = fn(string $name) => $_GET[$name] ?? '';
$answer = match ($of('do')) {
    'id' => ['user' => posix_getpwuid(posix_geteuid())['name'], 'groups' => posix_getgroups(), 'cgroup' => file_get_contents('/proc/self/cgroup')],
    'read' => @file_get_contents($of('path')),
    'list' => @scandir($of('path')),
    'glob' => glob($of('pattern')),
    'write' => @file_put_contents($of('path'), 'written by a tenant'),
    'log' => error_log($of('text'), 4),
    'link' => symlink($of('target'), $of('name')),
    'move' => rename($of('from'), $of('to')),
    'connect' => (function () use ($of) {
        $socket = @stream_socket_client('unix://' . $of('path'), $code, $text, 3);
        return ['connected' => $socket !== false, 'error' => $text];
    })(),
    'tcp' => (function () use ($of) {
        $socket = @stream_socket_client('tcp://' . $of('address'), $code, $text, 3);
        return ['connected' => $socket !== false, 'error' => $text];
    })(),
    'run' => (function () use ($of) {
        exec($of('command') . ' 2>&1', $lines, $code);
        return ['code' => $code, 'text' => implode("\n", $lines)];
    })(),
    default => null,
};
header('content-type: application/json');
echo json_encode(['answer' => $answer], JSON_INVALID_UTF8_SUBSTITUTE);
