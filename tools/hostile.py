"""Folders, files, arguments and environments that nobody prepared: `python tools/hostile.py [--quick] [WORD ...]`

Each case of `hostile_cases` makes a place, and the installed commands run in it. Whatever they are given, they end
with exit code 0 or 2, without a traceback, in bounded time and memory; with 2 they say in a sentence what is wrong, by
its name, and leave all as it was. What they write is whole. One line a case, exit code 1 if any failed. WORDs choose
cases by name. What this machine cannot make, a mount for instance, is skipped in one line."""
import argparse,http.client,json,os,re,shutil,signal,socket,subprocess,sys,tempfile,threading,time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hostile_cases import (Skip,again,as_anybody,bins,calling,calls,classes,environment,folders,mounts,options,requests,
                           sounds,surroundings,tables,work)

def can_mount():
    how = ['unshare', '-m', 'mount', '-t', 'tmpfs', 'none', work]
    return shutil.which('unshare') and not subprocess.run(how, capture_output=True).returncode

def run(command, place, secs, **env):
    "Exit code (None: took too long), what was said on both, seconds, MB."
    out,err,start = place.with_suffix('.out'),place.with_suffix('.err'),time.time()
    how = dict(cwd=place, env=environment(place, **env), start_new_session=True)
    with open(out, 'wb') as o, open(err, 'wb') as e, open(os.devnull) as none:
        p = subprocess.Popen(['bash', '-c', f'set -o pipefail; {command}'], stdin=none, stdout=o, stderr=e, **how)
    stop = threading.Timer(secs, os.killpg, (p.pid, signal.SIGKILL))
    stop.start()
    _,status,used = os.wait4(p.pid, 0)
    late = not stop.is_alive()
    stop.cancel()
    p.returncode = 0 # it was waited for
    mb = used.ru_maxrss/(1e6 if sys.platform=='darwin' else 1e3)
    said = [f.read_bytes().decode(errors='replace') for f in (out, err)]
    return None if late else os.waitstatus_to_exitcode(status),*said,time.time()-start,mb

def held(place):
    "The size of each file in a place."
    return {o.relative_to(place).as_posix():o.lstat().st_size for o in place.rglob('*')
            if not o.is_dir() and o.name!='.lock'}

raw = re.compile(r'Traceback|^\w*(Error|Exception|Interrupt)\b|Exception ignored|Warning:|core dumped', re.M)

def refuse(what): raise ValueError(f'{what} in JSON')

def wrong(case, place, before, rc, out, err, secs, mb):
    "What a case did that it must not do."
    if rc is None: yield f'still there after {case.secs} s'
    elif rc!=case.rc and (case.rc is not None or rc not in (0, 2)): yield f'exit code {rc}, not {case.rc}'
    if m := raw.search(out+err): yield f'raw error: {(out+err)[m.start():][-160:]!r}'
    if not re.search(case.says, err if rc else out+err): yield f'does not say {case.says}: {(err or out)[-200:]!r}'
    lines = [o for o in err.splitlines() if o.strip() and not o.startswith(('usage:', ' '))]
    if rc and len(lines)>3 or max(map(len, lines), default=0)>600: yield f'{len(lines)} lines on stderr'
    if '\r' in out+err or len(out+err)>20_000: yield f'a log of {len(out+err)} characters, with bars'
    if mb>case.mb: yield f'{mb:.0f} MB'
    after = held(place)
    if rc==2 and after!=before: yield f'left {sorted(dict(after.items() ^ before.items()))[:5]}'
    if new := [o for o in after if o not in before and (Path(o).name[0]=='.' or not after[o])]: yield f'half: {new}'
    for f in place.rglob('*.json'):
        try: json.loads(f.read_text(), parse_constant=refuse)
        except ValueError as e: yield f'{f.name}: {e}'

def try_case(case):
    "Name, findings (or why it was skipped), seconds, MB."
    place = Path(tempfile.mkdtemp(dir=work))
    try:
        if mounts in case.command and not mountable: raise Skip('this machine lets nobody mount')
        if as_anybody and as_anybody in case.command and not shutil.which('setpriv'): raise Skip('no setpriv')
        case.make(place)
        before = held(place)
        got = run(case.command, place, case.secs, **dict(case.env))
        return case.name,list(wrong(case, place, before, *got)),*got[-2:]
    except (Skip, OSError) as e: return case.name,f'{e}',0,0
    except RuntimeError as e: return case.name,[f'its place could not be made: {e}'],0,0
    finally:
        for o in place.rglob('*'):
            if not o.is_symlink() and o.is_dir(): o.chmod(0o755)
        for o in place,place.with_suffix('.home'): shutil.rmtree(o, ignore_errors=True)

def try_calls(quick):
    "All calls in one process."
    place = Path(tempfile.mkdtemp(dir=work))
    classes(place)
    (place/'calls.json').write_text(json.dumps([*calls][::6 if quick else 1]))
    (place/'calling.py').write_text(calling)
    rc,out,err,secs,mb = run(f"'{sys.executable}' calling.py", place, 300)
    said = dict(json.loads(o[5:]) for o in out.splitlines() if o.startswith('CALL '))
    if not said: return [('Python', [f'exit code {rc}: {err[-300:]}'], secs, mb)]
    good = lambda k,v: re.fullmatch(r'BadInput .*\.', v) and re.search(calls[k], v)
    return [(f'Python: {k}', [] if good(k, v) else [v[:200]], secs/len(said), mb) for k,v in said.items()]

def try_server(quick):
    "All requests to one server; at last Ctrl-C, while an upload stalls."
    place,res = Path(tempfile.mkdtemp(dir=work)),[]
    with open(place/'said', 'w') as said:
        p = subprocess.Popen([bins/'heartbeat_serve', '--port', '0'], cwd=place, env=environment(place),
                             stdout=said, stderr=said)
    while not (m := re.search(r'http://[\d.]+:(\d+)', (place/'said').read_text())) and p.poll() is None: time.sleep(.1)
    if not m:
        said = (place/'said').read_text()[-200:]
        return [('server', said if 'pip install' in said else [said], 0, 0)]
    def tried(name, f, most=30):
        start = time.time()
        try: found = f(int(m[1]), place)
        except (AssertionError, OSError, ValueError, http.client.HTTPException) as e: found = f'{type(e).__name__} {e}'
        late = [f'took {time.time()-start:.0f} s'] if time.time()-start>most else []
        res.append((f'server: {name}', [*filter(None, [found]), *late], time.time()-start, 0))
    def stop(port, place):
        with socket.create_connection(('127.0.0.1', port)) as s:
            s.sendall(b'POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\n'
                      b'Content-Length: 99999\r\n\r\n--x')
            time.sleep(.5)
            p.send_signal(signal.SIGINT)
            assert p.wait(60) in (0, 2), f'exit code {p.returncode}'
        assert not (m := raw.search(said := (place/'said').read_text())), said[m.start():][:200]
    try:
        for k in ('a sound', 'a foreign Host', 'no sound') if quick else requests: tried(k, requests[k])
        tried('Ctrl-C while an upload stalls', stop, 12)
    finally:
        p.kill()
        p.wait()
    return res

def main(words, quick):
    "Try what nobody prepared."
    global mountable
    signal.signal(signal.SIGINT, signal.default_int_handler) # in the background it is ignored, also by children
    mountable,start,count = can_mount(),time.time(),dict(ok=0, FAIL=0, skip=0)
    some = [o for o in [*folders, *tables(), *sounds, *options, *surroundings, *again] if o.quick or not quick]
    wanted = lambda name: not words or any(o in name for o in words)
    jobs = [lambda o=o: [try_case(o)] for o in some if wanted(o.name)]
    jobs += [lambda: try_calls(quick)]*wanted('Python')+[lambda: try_server(quick)]*wanted('server')
    try:
        with ThreadPoolExecutor(2) as pool:
            for found in pool.map(lambda f: f(), jobs):
                for name,said,secs,mb in found:
                    how = 'skip' if isinstance(said, str) else 'FAIL' if said else 'ok'
                    count[how] += 1
                    line = f'{how:4} {name} ({secs:.0f} s, {mb:.0f} MB)'
                    print(line, *([said] if how=='skip' else said), sep='\n     | ', flush=True)
    finally: shutil.rmtree(work, ignore_errors=True)
    print(', '.join(f'{v} {k}' for k,v in count.items()), f'of what a hostile user tries, in {time.time()-start:.0f} s')
    sys.exit(bool(count['FAIL']))

if __name__=='__main__':
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument('words', nargs='*', help='only cases with one of these in their names')
    parser.add_argument('--quick', action='store_true', help='some of each kind')
    main(**vars(parser.parse_args()))
