# docker build -t tbingest . && docker run --rm -p 6006:6006 -v "$PWD:/work" tbingest serve logs/ --port 6006 --bind-all
FROM python:3.12-slim
COPY . /src
RUN pip install --no-cache-dir /src && rm -rf /src && useradd --create-home reader
USER reader
WORKDIR /work
ENTRYPOINT ["tbingest"]
CMD ["--help"]
