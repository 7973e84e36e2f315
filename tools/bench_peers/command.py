"""Run a command from a small process: `python command.py COMMAND ...`.

The last line is JSON: seconds on the clock and of the processor, and the most memory that it had, in MB."""
import json,os,resource,subprocess,sys,time

env = {k:v for k,v in os.environ.items() if k!='PYTHONDONTWRITEBYTECODE'} # what is installed was compiled once
start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, env=env)
seconds,used = time.perf_counter()-start,resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps(dict(seconds=seconds, cpu=used.ru_utime+used.ru_stime,
                      peak_mb=used.ru_maxrss/(1e6 if sys.platform=='darwin' else 1e3))))
