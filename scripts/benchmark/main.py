"""The benchmark against others, by parts: `main.py web database joins streams tiles`, then `main.py show` or `main.py check`."""

import shutil
import sys
import traceback

from figures import Figures, check, table, write_document


def main(parts):
    figures = Figures()
    failed = []
    for part in parts:
        if part == "show":
            write_document(figures)
            print("\n".join(table(figures)))
        elif part == "check":
            faults = check(figures)
            print("\n".join(faults) or "every ratio measured is at its floor or above")
            if faults:
                failed.append(part)
        else:
            try:
                run(part, figures)
            except Exception:  # one part that cannot run does not keep the others from running
                traceback.print_exc()
                failed.append(part)
    if failed:
        sys.exit(f"scripts/bench: not done: {', '.join(failed)}")


def run(part, figures):
    if part == "criterion":
        from in_process import measure_criterion

        measure_criterion(figures)
        return
    if part == "routes":
        from routes import measure_routes

        measure_routes()
        return
    if part == "start":
        from start import measure_start

        measure_start()
        return
    if part == "analysis":
        from analysis import measure_analysis

        measure_analysis()
        return
    from programs import Measure

    if part == "web":
        from web import measure_web

        measure_web(figures)
        return
    measure = Measure()
    try:
        if part == "database":
            from database import measure_database

            measure_database(figures, measure)
        elif part == "joins":
            from joins import measure_joins

            measure_joins(figures, measure)
        elif part == "streams":
            from streams import measure_simplify, measure_streams

            measure_streams(figures, measure)
            measure_simplify(figures, measure)
        elif part == "tiles":
            from database import PostGis, fill
            from tiles import measure_martin, measure_pyramid
            measure_pyramid(figures, measure)
            database = None
            if shutil.which("martin"):
                database = PostGis()
                fill(database, measure, ["lsoa"])
            measure_martin(figures, database)
        else:
            raise ValueError(f"{part} is no part: criterion, web, database, joins, streams, tiles, show, check")
    finally:
        measure.stop()


main(sys.argv[1:])
